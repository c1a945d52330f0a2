"""A block is measured again on another machine: values that a hub invented are found, and by nothing else."""

import json
import signal
import time
from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from pool_hubs import FRONT, TestHub, changed, claimed, serving
from processes import command_lines, gone
from targets import TRAIN, overnight, started

from overnight.gate.trial import Arm, Fault, Stage, Trial, TrialKey
from overnight.pool.work.claims import Agreement, Claim, judge
from overnight.program.parser import parse_program
from overnight.research.loop.recheck import FreshPair

NOISY = {"train.py": TRAIN.replace("NOISE", "0.1").encode(), "README.md": b"A small loss\n"}
TEXT = NOISY["train.py"].decode()
BETTER = TEXT.replace("OFFSET = 5.0", "OFFSET = 4.0")
USELESS = TEXT + "# faster\n"
VALUES = [(5.0 + 0.01 * at, 4.0 + 0.01 * at + (0.03 if at % 2 else -0.03)) for at in range(12)]


@pytest.fixture(autouse=True)
def _own_state(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "config"))


@pytest.fixture
def hub(tmp_path: Path) -> Iterator[TestHub]:
    """A hub without blocks."""
    with serving(TestHub(tmp_path / "hub", files=NOISY)) as found:
        yield found


def rerun(where: Path, *arguments: str, check: int = 0) -> dict[str, Any]:  # Any: JSON
    """What `verify-chain --rerun` printed."""
    done = overnight(where, "hub", "verify-chain", *arguments, "--yes", "--json", check=check)
    found: dict[str, Any] = json.loads(done.stdout)
    return found


def left(tmp_path: Path) -> Sequence[str]:
    """What is left of the folders that trials ran in."""
    return [each.name for each in (tmp_path / "state/overnight/pool").iterdir()]


def test_invented_values_pass_every_check_of_the_text_and_are_found_by_trials(hub: TestHub, tmp_path: Path) -> None:
    """A comment that gains 1.0: signed, linked, right in arithmetic; from a mirror, without the hub, trials find nothing."""
    hub.do(lambda: hub.add(changed(train_dot_py=USELESS), claims=claimed(VALUES)))
    overnight(tmp_path, "hub", "mirror", hub.url, "m", check=0)
    assert json.loads(overnight(tmp_path, "hub", "verify-chain", "m", "--json", check=0).stdout)["holds"]
    found = rerun(tmp_path, "m", "--rerun", "1", "--pairs", "4", check=1)
    assert found["holds"], "the texts alone show nothing"
    again = found["rerun"]
    assert again["agreement"] == "does not agree" and again["block"] == 1
    assert again["claimed"] > again["estimate"]["high"] and len(again["pairs"]) == 4
    assert left(tmp_path) == []


def test_a_gain_that_was_measured_is_found_again_from_each_kind_of_copy(hub: TestHub, tmp_path: Path) -> None:
    """From the hub and from a worker's folder; the newest block is taken, and what is not covered is said."""
    hub.do(lambda: hub.add(changed(train_dot_py=BETTER), claims=claimed(VALUES)))
    overnight(tmp_path, "work", "join", hub.url, "w", "--yes", check=0)
    for source in (hub.url, "w"):
        again = rerun(tmp_path, source, "--rerun", "--pairs", "4")["rerun"]
        assert again["agreement"] == "agrees" and again["estimate"]["low"] > 0.5
        assert "public commands" in again["not_covered"][0]


def test_nothing_runs_before_somebody_agrees(hub: TestHub, tmp_path: Path) -> None:
    """The commands and the limits are shown first; without a terminal and without `--yes` nothing runs."""
    hub.do(lambda: hub.add(changed(train_dot_py=BETTER), claims=claimed(VALUES)))
    done = overnight(tmp_path, "hub", "verify-chain", hub.url, "--rerun", check=2)
    assert "python train.py {seed}" in done.stdout and "limits   10.0 s a trial" in done.stdout
    assert "somebody has to agree" in done.stderr and not (tmp_path / "state").exists()
    done = overnight(tmp_path, "hub", "verify-chain", "--rerun", hub.url, "x", check=2)
    assert "is no number of a block" in done.stderr
    assert "entry 7 is no block" in overnight(tmp_path, "hub", "verify-chain", hub.url, "--rerun", "7", check=2).stderr


def test_a_copy_without_contents_cannot_be_run(hub: TestHub, tmp_path: Path) -> None:
    """Texts alone say what changed, and not to what."""
    hub.do(lambda: hub.add(changed(train_dot_py=BETTER), claims=claimed(VALUES)))
    overnight(tmp_path, "hub", "mirror", hub.url, "m", check=0)
    (tmp_path / "m/entries.jsonl").rename(tmp_path / "x.jsonl")
    done = overnight(tmp_path, "hub", "verify-chain", "x.jsonl", "--rerun", "--yes", check=2)
    assert "has no contents beside its entries" in done.stderr and left(tmp_path) == []


@pytest.mark.parametrize(
    ("more", "path", "words"),
    [
        ({"readable": ["/home"]}, "train.py", "`readable`: it would show files of your machine"),
        ({}, "evil.py", "`evil.py`, which is frozen"),
    ],
    ids=["program", "frozen"],
)
def test_what_no_worker_runs_is_not_run_here(tmp_path: Path, more: dict[str, Any], path: str, words: str) -> None:
    """The program is taken as `work join` takes it, and an entry that changes frozen files is refused."""
    with serving(TestHub(tmp_path / "hub", files=NOISY, front={**FRONT, **more})) as hub:
        hub.do(lambda: hub.add(changed(**{path.replace(".", "_dot_"): BETTER}), claims=claimed(VALUES)))
        done = overnight(tmp_path, "hub", "verify-chain", hub.url, "--rerun", "--yes", check=2)
    assert words in done.stderr and not (tmp_path / "state").exists()


def test_ctrl_c_leaves_nothing(tmp_path: Path) -> None:
    """The trials end, and their folder is gone."""
    slow = {**NOISY, "train.py": b"import time\nprint('METRIC loss=5', flush=True)\ntime.sleep(600)\n"}
    mark = f"train.py rerun-{tmp_path.name}"
    front = {**FRONT, "limits": {**FRONT["limits"], "wall": "15m"}, "measure": f"python {mark}"}
    with serving(TestHub(tmp_path / "hub", files=slow, front=front)) as hub:
        hub.do(lambda: hub.add(changed(train_dot_py="import time\ntime.sleep(600)\n"), claims=claimed(VALUES)))
        command = ["-m", "overnight", "hub", "verify-chain", hub.url, "--rerun", "--yes", "--pairs", "2"]
        with started(command, tmp_path) as process:
            while not any(mark.encode() in line.replace(b"\0", b" ") for line in command_lines()):
                assert process.poll() is None
                time.sleep(0.02)
            process.send_signal(signal.SIGINT)
            assert process.wait() in {130, -signal.SIGINT}  # to a shell both are 130
    assert left(tmp_path) == [] and gone(mark)


# --- What is said of the pairs ---

PROGRAM = parse_program(
    "---\nmetric: {name: loss, direction: minimize}\nmeasure: python t.py\neditable: [t.py]\n"
    "guards: ['memory <= 10']\nresearchers: [{role: t, use: tuner}]\n---\n",
    "program.md",
)
CLAIM = Claim(gain=1.0, low=0.9, high=1.1)


def pairs_of(*values: tuple[float | None, float | None], fault: Fault = Fault.EXIT, memory: float = 1.0) -> list[FreshPair]:
    """Pairs with these values of the parent and of the block."""

    def trial(arm: Arm, index: int, value: float | None) -> Trial:
        key = TrialKey(experiment=1, stage=Stage.AUDIT, arm=arm, index=index)
        failed = fault if value is None else None
        return Trial(key=key, seed=index, tree="", value=value, fault=failed, metrics={"memory": memory}, reason="why")

    return [
        FreshPair(seed=at, before=trial(Arm.BASELINE, at, before), after=trial(Arm.CANDIDATE, at, after))
        for at, (before, after) in enumerate(values)
    ]


AGREES, DIFFERS, UNKNOWN = Agreement.AGREES, Agreement.DIFFERS, Agreement.UNKNOWN
SAME = [(5.0, 4.0), (5.1, 4.1), (5.2, 4.19)]


@pytest.mark.parametrize(
    ("claim", "pairs", "agreement", "words"),
    [
        (CLAIM, pairs_of(*SAME), AGREES, "beyond noise"),
        (CLAIM, pairs_of((5.0, 4.0), (5.0, 4.0)), AGREES, "beyond noise"),
        (CLAIM, pairs_of((5.0, 5.0), (5.0, 5.0)), DIFFERS, "no better"),
        (CLAIM, pairs_of((5.0, 5.1), (5.1, 5.19), (5.2, 5.3)), DIFFERS, "no better"),
        (CLAIM, pairs_of((5.0, 4.99), (5.1, 5.11), (5.2, 5.2)), DIFFERS, "ruled out"),
        (CLAIM, pairs_of((5.0, 4.0), (5.1, 5.5), (5.2, 4.2)), UNKNOWN, "more --pairs"),
        (CLAIM, pairs_of((5.0, 4.8), (5.1, 4.91), (5.2, 5.0)), UNKNOWN, "another amount"),
        (replace(CLAIM, comparable=False), pairs_of((5.0, 4.8), (5.1, 4.91), (5.2, 5.0)), AGREES, "beyond noise"),
        (CLAIM, pairs_of((5.0, None)), DIFFERS, "a trial of it failed here: why"),
        (CLAIM, pairs_of((None, None)), UNKNOWN, "its parent failed"),
        (CLAIM, pairs_of((5.0, None), fault=Fault.PREPARE), UNKNOWN, "perhaps through this machine"),
        (CLAIM, pairs_of((5.0, None), fault=Fault.LIMIT), UNKNOWN, "perhaps through this machine"),
        (CLAIM, pairs_of(*SAME, memory=11.0), DIFFERS, "the guard"),
        (Claim(gain=0.0, low=0.0, high=0.0, margin=0.2), pairs_of((5.0, 5.01), (5.1, 5.1), (5.2, 5.19)), AGREES, "no worse"),
        (Claim(gain=0.0, low=0.0, high=0.0, margin=0.2), pairs_of((5.0, 6.01), (5.1, 6.1)), DIFFERS, "more than it may be"),
    ],
)
def test_what_pairs_say_of_a_claim(claim: Claim, pairs: list[FreshPair], agreement: Agreement, words: str) -> None:
    """A clear answer only where the interval gives one; a fault of this machine is none against the block."""
    _, found, reason = judge(claim, PROGRAM, pairs, cut=True)
    assert found is agreement and words in reason
