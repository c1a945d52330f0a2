"""A first trial that takes too long, made shorter by the command's own options."""

import re
from pathlib import Path

import anyio
from targets import repository_of

from overnight.gate.trial import Arm, Fault, Stage, Trial, TrialKey
from overnight.git.repository import Repository
from overnight.program.program import Program
from overnight.research.setup.connection.proof import Observed
from overnight.research.setup.first_look import entry_of, propose
from overnight.research.setup.first_trials import FirstTrials
from overnight.research.setup.refinement import FirstRun
from overnight.research.setup.shortening import Shortened, first_run
from overnight.research.setup.wishes import Wishes

TRAIN = """\
import argparse
p = argparse.ArgumentParser()
p.add_argument("--epochs", type=int, default=200)
print(f"val_loss: {1.0}")
"""
PLAIN = 'EPOCHS = 200\nprint(f"val_loss: {1.0}")\n'


class Machine:
    """Takes a start and so many seconds for each epoch of a command, up to its limit, without that they pass."""

    def __init__(self, epoch_s: float, *, start_s: float = 1.0, default: int = 200, progress: str = "") -> None:
        self.epoch_s, self.start_s, self.default, self.progress = epoch_s, start_s, default, progress
        self.tried: list[tuple[str, float]] = []  # commands, and their limits

    async def first(self, repository: Repository, program: Program) -> FirstRun:
        command, limit_s = program.measure or "", program.limits.wall_s
        self.tried.append((command, limit_s))
        given = re.search(r"--epochs (\d+)", command)
        takes_s = self.start_s + self.epoch_s * (int(given[1]) if given else self.default)
        ended = takes_s > limit_s
        done = int((min(takes_s, limit_s) - self.start_s) / self.epoch_s)
        trial = Trial(
            key=TrialKey(experiment=0, stage=Stage.BASELINE, arm=Arm.BASELINE, index=0),
            seed=1,
            tree="t",
            value=None if ended else 1.0,
            fault=Fault.LIMIT if ended else None,
            reason=f"ended after {limit_s:.1f} s of {limit_s:g} s" if ended else "",
            wall_s=min(takes_s, limit_s),
        )
        output = self.progress.format(done=done).encode()
        return FirstRun(observed=Observed(trial=trial, opened=frozenset(), complete=True), output=output)


def first_of(folder: Path, machine: Machine, wishes: Wishes | None = None, *, train: str = TRAIN) -> tuple[Shortened, str]:
    """What a first trial leads to, and what was said."""
    said: list[str] = []
    repository, wishes = repository_of(folder, {"train.py": train}), wishes or Wishes()
    begun = anyio.run(first_run, propose(repository, wishes), repository, machine, wishes, said.append)
    return begun, "\n".join(said)


def reason(begun: Shortened) -> str:
    """Why this command."""
    entry = entry_of(begun.proposal, "measure")
    return entry.reason if entry else ""


def test_a_command_that_ends_soon_stays_as_it_is(tmp_path: Path) -> None:
    """One trial, and nothing is said."""
    machine = Machine(0.1)
    begun, said = first_of(tmp_path, machine)
    assert (begun.proposal.program.measure, said) == ("python train.py", "")
    assert machine.tried == [("python train.py", 90.0)]


def test_printed_progress_says_how_much_fits(tmp_path: Path) -> None:
    """After 90 s instead of the whole limit, and the reason and a note say what was made shorter."""
    machine = Machine(10, progress="epoch {done}/200 loss 1\n")
    begun, said = first_of(tmp_path, machine)
    assert begun.proposal.program.measure == "python train.py --epochs 4"
    assert [limit_s for _, limit_s in machine.tried] == [90.0, 90.0]
    said_why = "`--epochs 4` of 200, so that a trial takes 41.0 s"
    assert reason(begun).startswith(said_why) and said_why in begun.proposal.front
    assert any(note.startswith(f"made shorter: {said_why}; raise it") for note in begun.proposal.detected.notes)
    assert "It takes longer than 1 min 30 s: trying `--epochs 4`." in said
    assert begun.proposal.program.limits.wall_s == 300
    assert begun.proposal.program.env == ()


def test_a_command_that_fits_its_limit_is_left_to_end(tmp_path: Path) -> None:
    """Its progress shows that it will; then its whole amount is measured."""
    machine = Machine(1, progress="Epoch: {done:04d}\n")
    begun, _ = first_of(tmp_path, machine)
    assert begun.proposal.program.measure == "python train.py"
    assert [limit_s for _, limit_s in machine.tried] == [90.0, 300.0]


def test_without_progress_smaller_amounts_are_tried_until_one_takes_as_long_as_it_should(tmp_path: Path) -> None:
    """A tenth each time, and once more if that was quick."""
    machine = Machine(8)
    begun, said = first_of(tmp_path, machine)
    assert [re.sub(r".*py ?", "", command) for command, _ in machine.tried] == ["", "--epochs 20", "--epochs 2"]
    assert begun.proposal.program.measure == "python train.py --epochs 2"
    machine = Machine(5, start_s=0, default=2000)
    begun, said = first_of(tmp_path / "b", machine, train=TRAIN.replace("200", "2000"))
    assert begun.proposal.program.measure == "python train.py --epochs 9"
    assert "It takes only" in said


def test_a_single_unit_of_work_gets_the_whole_limit(tmp_path: Path) -> None:
    """And if even that takes too long, the reason says so."""
    machine = Machine(200, progress="epoch {done}\n")
    begun, _ = first_of(tmp_path, machine)
    assert (begun.proposal.program.measure, machine.tried[-1][1]) == ("python train.py --epochs 1", 300.0)
    begun, _ = first_of(tmp_path / "b", Machine(500))
    assert begun.proposal.program.measure == "python train.py"
    assert begun.run.observed.trial.reason == "ended after 300.0 s of 300 s, even with `--epochs 1`"


def test_what_the_user_sets_stays_in_force(tmp_path: Path) -> None:
    """A command that is named is not changed, and a limit that is named is used."""
    machine = Machine(10)
    begun, _ = first_of(tmp_path, machine, Wishes(measure="python train.py", metric="val_loss"))
    assert machine.tried == [("python train.py", 300.0)]
    assert begun.run.observed.trial.reason.endswith("; `--epochs` makes the command shorter")
    machine = Machine(10)
    begun, _ = first_of(tmp_path / "b", machine, Wishes(wall="20m"))
    assert [limit_s for _, limit_s in machine.tried] == [90.0, 1200.0, 1200.0]
    assert begun.proposal.program.measure == "python train.py --epochs 20"
    machine = Machine(10)
    first_of(tmp_path / "c", machine, Wishes(wall="1h"))
    assert machine.tried == [("python train.py", 90.0), ("python train.py", 3600.0)]


def test_a_command_that_cannot_be_made_shorter_gets_its_whole_limit(tmp_path: Path) -> None:
    """Nothing is guessed of a script without options."""
    machine = Machine(10)
    begun, _ = first_of(tmp_path, machine, train=PLAIN)
    assert machine.tried == [("python train.py", 300.0)]
    advice = "; `EPOCHS = 200 in train.py` says how much it does: commit a smaller one, or an option"
    assert begun.run.observed.trial.reason == f"ended after 300.0 s of 300 s{advice}"


def test_a_loop_without_end_is_told(tmp_path: Path) -> None:
    """More time would be of no use to it."""
    begun, _ = first_of(tmp_path / "a", Machine(10), train="while True:\n    print('loss', 1)\n")
    assert "; `train.py` has a loop without end: commit an option" in begun.run.observed.trial.reason
    begun, _ = first_of(tmp_path / "b", Machine(10), train="while True:\n    print('loss', 1)\n    break\n")
    assert begun.run.observed.trial.reason == "ended after 300.0 s of 300 s"


def test_a_benchmark_suite_is_run_more_briefly(tmp_path: Path) -> None:
    """By the option of its runner for the time of each benchmark."""

    class Suite(Machine):
        async def first(self, repository: Repository, program: Program) -> FirstRun:
            self.epoch_s = 0.2 if "10ms" in (program.measure or "") else 2
            return await super().first(repository, program)

    machine = Suite(2)
    repository = repository_of(
        tmp_path, {"a_test.go": "func BenchmarkA(b *testing.B) {\n}\n", "go.mod": "module a\n", "a.go": ""}
    )
    begun = anyio.run(first_run, propose(repository, Wishes()), repository, machine, Wishes(), lambda _: None)
    assert begun.proposal.program.measure == "go test -run '^$' -bench . -benchtime 10ms ."
    assert [limit_s for _, limit_s in machine.tried] == [90.0, 90.0, 300.0]
    assert "`-benchtime 10ms`, so that a trial takes 41.0 s" in reason(begun)


REAL = """\
import argparse
import time
p = argparse.ArgumentParser()
p.add_argument("--epochs", type=int, default=100000)
for epoch in range(p.parse_args().epochs):
    print(f"epoch {epoch}")
    time.sleep(0.01)
print(f"val_loss: {1.0}")
"""


def test_progress_of_a_real_command_is_seen_before_it_ends(tmp_path: Path) -> None:
    """Also what Python would keep back until then; the shorter command ends and has a value."""
    repository, wishes = repository_of(tmp_path, {"train.py": REAL}), Wishes(wall="2s")
    begun = anyio.run(first_run, propose(repository, wishes), repository, FirstTrials(sandbox="jail"), wishes, lambda _: None)
    assert begun.run.observed.trial.value == 1.0
    amount = re.fullmatch(r"python train.py --epochs (\d+)", begun.proposal.program.measure or "")
    assert amount is not None and 1 <= int(amount[1]) <= 200
