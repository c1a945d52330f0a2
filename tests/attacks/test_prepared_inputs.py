"""Inputs that frozen code makes for each trial: what a candidate can do to them, and what it can learn in a sealed trial."""

import json
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import anyio
import pytest
from stands import Outcome, Stand, stand

from overnight.errors import ProgramError
from overnight.gate.trial import Arm, Fault, Stage, TrialKey
from overnight.program.fit import check_fit, loopholes
from overnight.program.parser import parse_program

PROGRAM = """---
metric: {name: off_by, direction: minimize}
prepare: python3 prepare.py {seed} {split}
inputs: [given/numbers.json, note.txt]
produce: python3 train.py
artifacts: [sum.json]
score: python3 score.py
holdout: python3 score.py
audit: python3 score.py
editable: [train.py, more/]
hidden: [sealed/]
limits: {wall: 20s, memory: 300MB, disk: 5MB, output: 100kB}
---
"""
PREPARE = """\
import json, os, sys
seed, split = int(sys.argv[1]), sys.argv[2]
assert not os.path.exists("train.py") and os.path.exists("sealed")
first = int(open(f"sealed/{split}").read()) if split != "public" else 1
os.mkdir("given")
json.dump([first, seed], open("given/numbers.json", "w"))
open("note.txt", "w").write("a note")
open("scratch.txt", "w").write(f"{split} {seed}")
print("PREPARED", split)
"""
SCORE = """\
import json
given, found = json.load(open("given/numbers.json")), json.load(open("sum.json"))
print(f"METRIC off_by={abs(sum(given) - float(found))}")
"""
HONEST = "import json\njson.dump(sum(json.load(open('given/numbers.json'))), open('sum.json', 'w'))\n"
SECRETS = {"holdout": "7000001", "audit": "9000009"}
SEALED = {f"sealed/{split}": text for split, text in SECRETS.items()}
FILES = {"train.py": HONEST, "prepare.py": PREPARE, "score.py": SCORE, "more/x.txt": "x", **SEALED}
SPLITS = (Stage.SCREEN, Stage.HOLDOUT, Stage.AUDIT)


@pytest.fixture(scope="module")
def target(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stand]:
    with stand(tmp_path_factory.mktemp("inputs"), PROGRAM, FILES) as made:
        yield made


def trial_of(found: Outcome) -> tuple[float | None, Fault | None, str]:
    """Value, fault and reason of a candidate's trial."""
    assert found.trial is not None, found
    return found.trial.value, found.trial.fault, found.trial.reason


def attack(target: Stand, code: str, stage: Stage = Stage.SCREEN) -> tuple[float | None, Fault | None, str]:
    """The trial of this train.py."""
    return trial_of(target.measure(target.commit({"train.py": code}), stage=stage))


@pytest.mark.parametrize("stage", SPLITS)
def test_an_honest_candidate_gets_the_inputs_of_each_split(target: Stand, stage: Stage) -> None:
    """`prepare`, `produce` and the scorer work together in each kind of trial, and nothing is left behind."""
    assert attack(target, HONEST + "UNREAD = 1\n", stage) == (0.0, None, "")
    assert [path.name for path in target.work.iterdir()] == ["out"]


@pytest.mark.parametrize(
    "trick",
    [
        "json.dump([0, 0], open('given/numbers.json', 'w'))",
        "os.unlink('given/numbers.json')",
        "os.unlink('given/numbers.json'); os.symlink('/dev/null', 'given/numbers.json')",
        "os.rename('given', 'taken')",
        "os.rename('given', 'taken'); os.symlink('/etc', 'given')",
        "os.chmod('given', 0)",
    ],
)
@pytest.mark.parametrize("stage", SPLITS)
def test_what_it_does_to_its_inputs_counts_for_nothing(target: Stand, trick: str, stage: Stage) -> None:
    """The scorer reads the inputs that `prepare` left, so a lie that fits the candidate's own inputs scores badly."""
    value, fault, reason = attack(target, f"import json, os\n{trick}\njson.dump(0, open('sum.json', 'w'))\n", stage)
    assert fault is None and value is not None and value >= 1.0, reason


@pytest.mark.parametrize("stage", SPLITS)
def test_it_sees_its_inputs_and_nothing_else_of_what_prepare_had(target: Stand, stage: Stage) -> None:
    """It sees no hidden file, no other output of `prepare`, no split in its environment and no seed in its command."""
    listed = "sorted(os.path.join(top, f)[2:] for top, _, files in os.walk('.') for f in files)"
    wanted = ["given/numbers.json", "more/x.txt", "note.txt", "prepare.py", "program.md", "score.py", "train.py"]
    looked = f"import os\nassert {listed} == {wanted}, {listed}\nassert not [v for v in os.environ.values() if 'hold' in v]\n"
    assert attack(target, looked + HONEST, stage) == (0.0, None, "")


@pytest.mark.parametrize("stage", SPLITS)
def test_what_a_sealed_trial_prints_is_kept_nowhere(target: Stand, stage: Stage) -> None:
    """The candidate sees sealed inputs there: its output, its error message and its artifacts are not kept."""
    shout = "import sys\nfor to in (sys.stdout, sys.stderr): print('SAW', open('given/numbers.json').read(), file=to)\n"
    found = target.measure(target.commit({"train.py": shout + HONEST}), stage=stage)
    assert found.trial is not None and found.trial.value == 0.0
    assert bool(found.trial.log) == (stage is Stage.SCREEN)
    _, fault, reason = attack(target, shout + "sys.exit('SAW ' + open('given/numbers.json').read())\n", stage)
    assert fault is Fault.EXIT and ("SAW" in reason) == (stage is Stage.SCREEN)
    kept = b"".join(path.read_bytes() for path in target.work.parent.joinpath("logs").rglob("*") if path.is_file())
    assert not any(secret.encode() in kept for secret in SECRETS.values())


def test_a_sealed_trial_runs_the_candidate_again(target: Stand) -> None:
    """Artifacts of the confirmation with the same seed come from public inputs, and would be wrong for the sealed ones."""

    async def go() -> list[float | None]:
        runner, commit = target.runner(), target.commit({"train.py": HONEST + "TWIN = 1\n"})
        keys = [TrialKey(experiment=1, stage=s, arm=Arm.CANDIDATE, index=0) for s in (Stage.CONFIRM, Stage.HOLDOUT)]
        return [(await runner.run(key, commit=commit, tree=commit, seed=5, slot=0)).value for key in keys]

    assert anyio.run(go) == [0.0, 0.0]
    assert [path.name for path in target.work.iterdir()] == ["out"]


def test_without_a_split_the_holdout_scores_what_confirmation_made(target: Stand) -> None:
    """`prepare` and `produce` run once for both, and the scorer has the inputs that the artifacts were made from."""
    once = replace(target.program, prepare="date +%s%N >note.txt; mkdir given; echo '[1, {seed}]' >given/numbers.json")
    program = replace(once, score="cat note.txt >&2; python3 score.py", holdout="python3 score.py")

    async def go() -> tuple[list[float | None], list[int]]:
        runner, commit = target.runner(program), target.commit({"train.py": HONEST + "ONCE = 1\n"})
        keys = [TrialKey(experiment=1, stage=s, arm=Arm.CANDIDATE, index=0) for s in (Stage.CONFIRM, Stage.HOLDOUT)]
        trials = [await runner.run(key, commit=commit, tree=commit, seed=5, slot=0) for key in keys]
        kept = len(list(target.work.iterdir()))
        runner.forget(1)
        return [trial.value for trial in trials], [kept, len(list(target.work.iterdir()))]

    assert anyio.run(go) == ([0.0, 0.0], [3, 1])  # the folders of both commands, and the one for output


@pytest.mark.parametrize(
    ("prepare", "message"),
    [
        ("exit 3", "`prepare` failed: exit code 3, no output"),
        ("echo no data here; exit 1", "`prepare` failed: exit code 1: no data here"),
        ("true", "`prepare` failed to leave its inputs: given/numbers.json is missing"),
        ("mkdir given; ln -s ../sealed/audit given/numbers.json", "given/numbers.json is not a readable regular file"),
        ("mkdir given; ln sealed/audit given/numbers.json", "given/numbers.json is not a regular file of its own"),
        ("mkdir -p given/numbers.json", "given/numbers.json is not a regular file of its own"),
        ("ln -s sealed given; ln sealed/audit sealed/numbers.json", "given/numbers.json is not a readable regular file"),
        ("mkdir given; mkfifo given/numbers.json", "given/numbers.json is not a regular file of its own"),
        (
            "mkdir given; truncate -s 4M given/numbers.json note.txt",
            "the files have 8000000 bytes together, more than the limit of 5000000".replace("8000000", str(2 * 4 * 2**20)),
        ),
        ("mkdir given; truncate -s 40M given/numbers.json", "`prepare` failed: "),
    ],
)
def test_inputs_that_cannot_be_taken_are_the_programs_fault(target: Stand, prepare: str, message: str) -> None:
    """A link, a folder, a pipe, too much, nothing, or an exit code: a separate fault, reported as one of `prepare`."""
    commit = target.commit({"train.py": HONEST + f"# {len(prepare)}\n"})
    _, fault, reason = trial_of(target.measure(commit, program=replace(target.program, prepare=prepare)))
    assert fault is Fault.PREPARE and message in reason and reason.startswith("`prepare` failed"), reason


def test_time_and_memory_are_those_of_the_candidate(target: Stand) -> None:
    """What `prepare` and the scorer use counts for the cost of the trial, but not for the metrics measured from outside."""
    heavy = "python3 -c 'x = bytearray(120_000_000); [i * i for i in range(4_000_000)]'; "
    program = replace(target.program, prepare=heavy + str(target.program.prepare), score=heavy + str(target.program.score))
    found = target.measure(target.commit({"train.py": HONEST + "LIGHT = 1\n"}), program=program).trial
    assert found is not None and found.value == 0.0
    assert found.metrics["peak_memory_mb"] < 100 < found.peak_memory_bytes / 1e6
    assert found.metrics["cpu_s"] < found.cpu_s / 2 and found.metrics["wall_s"] < found.wall_s


def test_a_time_can_be_guarded_by_what_the_scorer_prints(target: Stand) -> None:
    """If the metric is measured from outside, guards can use the scorer's numbers, but not the candidate's."""
    program = replace(target.program, metric=replace(target.program.metric, name="cpu_s"))
    forging = "print('METRIC off_by=-1')\nprint('cpu_s: 0')\nprint('recall: 1')\n"
    found = target.measure(target.commit({"train.py": forging + HONEST}), program=program).trial
    assert found is not None and found.value == found.metrics["cpu_s"] > 0.0
    assert found.metrics["off_by"] == 0.0 and "recall" not in found.metrics


@pytest.mark.parametrize("path", ["given/numbers.json", "given/numbers.json/x", "given", "note.txt"])
def test_a_proposal_may_not_bring_an_input(target: Stand, path: str) -> None:
    """Whatever `editable` allows, it is refused before a trial."""
    program = parse_program(PROGRAM.replace("[train.py, more/]", "['**']").replace("hidden: [sealed/]\n", ""), "program.md")
    before, target.program = target.program, program
    try:
        found = target.check({"train.py": HONEST + "# x\n", path: json.dumps([0, 0])})
    finally:
        target.program = before
    assert [f"`{path}` collides with an input, which is created again for each trial"] == list(found)


@pytest.mark.parametrize("name", ["prepare.py", "more", "more/x.txt", "train.py/x", "sealed/new.json"])
def test_an_input_may_not_take_a_committed_place(name: str) -> None:
    """Nor a hidden one, because candidates read inputs."""
    program = parse_program(PROGRAM.replace("note.txt", name), "program.md")
    with pytest.raises(ProgramError, match=r"inputs: .* is or overlaps a path of the commit, and each trial's own file"):
        check_fit(program, list(FILES))


def test_the_same_inputs_in_all_trials_are_reported() -> None:
    """`check` says that a candidate can memorise the answers."""
    assert loopholes(parse_program(PROGRAM, "program.md")) == ()
    [note] = loopholes(parse_program(PROGRAM.replace(" {seed}", ""), "program.md"))
    assert "all trials have the same inputs" in note


def test_a_result_may_not_be_an_input() -> None:
    """Otherwise a scorer that writes no result would still have one."""
    program = parse_program(PROGRAM.replace("name: off_by,", "name: off_by, result: note.txt,"), "program.md")
    with pytest.raises(ProgramError, match="is also an input"):
        check_fit(program, list(FILES))


def test_the_hidden_files_are_all_that_a_public_trial_lacks(tmp_path: Path) -> None:
    """If the start fails on the sealed inputs, its own trial shows it with the full message."""
    broken = {**FILES, "sealed/holdout": "not a number"}
    with stand(tmp_path, PROGRAM, broken) as made:
        key = TrialKey(experiment=0, stage=Stage.HOLDOUT, arm=Arm.BASELINE, index=0)

        async def go() -> str:
            return (await made.runner().run(key, commit=made.start, tree=made.start, seed=1, slot=0)).reason

        assert anyio.run(go).startswith("`prepare` failed: exit code 1: ValueError: invalid literal")
