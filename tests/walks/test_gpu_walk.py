"""A campaign whose trials need a GPU each, on a machine with stand-ins for two."""

import json
import os
from pathlib import Path

import pytest
from gpu_stand_ins import A100, StandIns, nvidia
from targets import assert_verified, make_repo, overnight, program, read_json, recorded

from overnight.ledger.artifacts import ArtifactStore
from overnight.machines.gpus import found as room
from overnight.machines.gpus.claims import Wanted, claimed_gpus
from overnight.machines.gpus.found import find_gpus
from overnight.machines.gpus.gpu import Roots
from overnight.research.events import TrialFinished

NEEDS = ("limits: {wall: 10s, memory: 500MB}", "limits: {wall: 60s, memory: 100MB, gpus: 1}")
BETTER = ("OFFSET = 5.0", "OFFSET = 3.0")
MEASURE = "ls /dev | grep 'nvidia[0-9]' && python train.py {seed}"


@pytest.fixture
def machine(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> StandIns:
    """One whose GPUs no other test has, as their UUIDs are its own."""
    (tmp_path / "machine").mkdir()
    made = nvidia(tmp_path / "machine")
    script = tmp_path / "machine/bin/nvidia-smi"
    script.write_text(script.read_text().replace("GPU-0000", f"GPU-{os.getpid():x}"))
    monkeypatch.setenv("PATH", f"{tmp_path}/machine/bin:{os.environ['PATH']}")
    monkeypatch.setattr(room, "find_gpus", made.found)
    return made


def test_each_slot_has_a_gpu_and_each_trial_names_it(tmp_path: Path, machine: StandIns) -> None:
    """Trials run at once on all of them; each sees its own, and the record says which."""
    repo = make_repo(tmp_path / "repo", program(BETTER, measure=MEASURE).replace(*NEEDS), noise=0.1)
    overnight(repo, "run", "--tag", "t", "--no-report", "--slots", "2", check=0)
    trials = [event.trial for event in recorded(repo) if isinstance(event, TrialFinished)]
    assert all(trial.value is not None for trial in trials)
    names = {0: (f"{A100} (GPU 0)",), 1: (f"{A100} (GPU 1)",)}
    assert {trial.place.slot: trial.place.devices for trial in trials if trial.place} == names
    shown = read_json(repo, "show", "1")
    assert {tuple(trial["place"]["devices"]) for trial in shown["trials"]} == {*names.values()}
    assert f"{A100} (GPU 1)" in overnight(repo, "show", "1").stdout
    store = ArtifactStore(repo / ".overnight/t/logs")
    for trial in trials:
        seen = [line for line in (store.read(trial.log) or b"").decode().splitlines() if line.startswith("nvidia")]
        assert trial.place and seen == [f"nvidia{trial.place.slot}"]
    assert_verified(repo)


def test_more_slots_than_gpus_are_refused(tmp_path: Path, machine: StandIns) -> None:
    """With the number that fits; processors may be shared, a GPU not."""
    repo = make_repo(tmp_path / "repo", program(BETTER, measure=MEASURE).replace(*NEEDS))
    done = overnight(repo, "run", "--slots", "3", check=2)
    assert "too few GPUs for 3 trials at once with 1 GPU each" in done.stderr and "use at most `--slots 2`" in done.stderr
    assert not (repo / ".overnight/t").exists()


def test_gpus_of_another_campaign_are_not_used(tmp_path: Path, machine: StandIns) -> None:
    """A session takes those that are left, and says so; without any it does not begin."""
    repo = make_repo(tmp_path / "repo", program(BETTER, measure=MEASURE).replace(*NEEDS))
    found = machine.found()
    with claimed_gpus(found, Wanted(each=1, most=1)):
        done = overnight(repo, "check", check=0)
        assert f"other campaigns hold {A100} (GPU 0)" in done.stdout and "1 at once" in done.stdout
        with claimed_gpus(found, Wanted(each=1, most=1)):
            assert "wait until they end" in overnight(repo, "check", check=2).stderr


def test_a_program_that_needs_a_gpu_says_so_where_there_is_none(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """With what was tried, and how to go on."""
    monkeypatch.setattr(room, "find_gpus", lambda: find_gpus({"PATH": "/nowhere"}, Roots(dev=tmp_path, sys=tmp_path)))
    repo = make_repo(tmp_path / "repo", program(BETTER, measure=MEASURE).replace(*NEEDS))
    said = overnight(repo, "check", check=2).stderr
    assert "no GPU can be used here; nvidia-smi is not on PATH; there is no GPU of AMD in /sys/class/kfd" in said
    assert "`limits: {gpus: 0}`" in said


@pytest.mark.parametrize(
    ("limits", "seen", "of_trials"), [("", "", {0, 1}), ("\n    limits: {wall: 60s, gpus: 1}", "nvidia1", {0})]
)
def test_a_researcher_sees_a_gpu_only_if_its_role_names_one(
    tmp_path: Path, machine: StandIns, limits: str, seen: str, of_trials: set[int]
) -> None:
    """Then it holds that one, and trials have the others."""
    front = program(BETTER, measure=MEASURE).replace(*NEEDS)
    command = """sed -i "s/5.0/3.0  # saw=$(ls /dev | grep 'nvidia[0-9]')/" train.py; echo less"""
    role = f"  - role: r\n    use: command\n    command: {json.dumps(command)}{limits}\n"
    text = f"{front[: front.index('  - role')]}{role}{front[front.rindex('---') :]}"
    repo = make_repo(tmp_path / "repo", text, noise=0.1)
    slots = str(len(of_trials))
    overnight(repo, "run", "--tag", "t", "--no-report", "--experiments", "1", "--slots", slots, check=0)
    assert f"+OFFSET = 3.0  # saw={seen}\n" in read_json(repo, "show", "1")["diff"]
    places = [event.trial.place for event in recorded(repo) if isinstance(event, TrialFinished)]
    assert {int(device[-2]) for place in places if place for device in place.devices} == of_trials
