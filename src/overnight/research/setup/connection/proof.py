"""Proves that what a program measures and checks is what may be edited: breaks it on purpose and looks.

Does not cover: an editable file that matters only on the holdout; one that is read only under another seed.
"""

import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from overnight.errors import UserError
from overnight.gate.trial import Arm, Stage, Trial, TrialKey
from overnight.git.port import FileChange, History
from overnight.program.code_files import is_code
from overnight.program.program import OUTSIDE, Program
from overnight.program.scope import matches
from overnight.research.loop.trial import TrialRunner
from overnight.research.places.changed_trees import ChangedTrees
from overnight.research.places.port import Workspaces
from overnight.research.setup.connection.breaking import broken, hollowed
from overnight.research.setup.connection.trees import ObservedTrees
from overnight.research.setup.connection.unmeasured import Cause, why_unmeasured
from overnight.research.views.connection import BrokenFile, Connection, Outcome, names
from overnight.research.views.numbers import number

ALIKE_SIGMA = 4.0  # two trials of one tree are rarely further apart
OF_TIMES = 0.05  # of the value: the least noise that is supposed of a time, on a machine that does other work
LEAST_S, SHARE = 30.0, 3.0  # a part that needs many trials may take so long, or so many times a whole trial
KEY = TrialKey(experiment=0, stage=Stage.BASELINE, arm=Arm.BASELINE, index=0)
SWALLOWED = "let the command fail when its code fails: `set -e`, no `|| true`, `set -o pipefail` before a pipe"


@dataclass(frozen=True, slots=True, kw_only=True)
class Observed:
    """A trial, and which files it opened."""

    trial: Trial
    opened: frozenset[str]
    complete: bool  # whether no other file can have been opened


@dataclass(frozen=True, slots=True, kw_only=True)
class Known:
    """What is known of the unbroken tree."""

    seed: int
    value: float  # with that seed
    sigma: float  # of trials with that seed

    @classmethod
    def of(cls, trial: Trial, sigma: float, program: Program) -> "Known":
        """What a trial shows, whose value has this noise as far as that is known; times have more than few trials show."""
        value = trial.value or 0.0
        return cls(seed=trial.seed, value=value, sigma=max(sigma, OF_TIMES * abs(value) * program.measures_time))

    def outcome(self, trial: Trial) -> Outcome:
        """What a trial of a broken tree shows."""
        if trial.value is None:
            return Outcome.FAILS
        return Outcome.STAYS if abs(trial.value - self.value) <= ALIKE_SIGMA * self.sigma else Outcome.MOVES


@dataclass(frozen=True, slots=True, kw_only=True)
class Prover:
    """Runs trials of one commit with files broken on purpose; nothing is recorded."""

    trials: TrialRunner
    workspaces: Workspaces
    history: History
    commit: str

    @property
    def program(self) -> Program:
        """The program whose connection is proven."""
        return self.trials.program

    async def observe(self, seed: int) -> Observed:
        """Run one trial of the unbroken tree, and watch which files it opens."""
        trees = ObservedTrees(inner=self.workspaces)
        trial = await self._run(seed, trees)
        return Observed(trial=trial, opened=frozenset(trees.opened), complete=trees.complete)

    async def prove(self, whole: Observed, sigma: float, *, named: bool = True) -> Connection:
        """Break everything, break each file, and run the checks on what is broken.

        Args:
            whole: a trial of the unbroken tree, which has a value.
            sigma: how far trials with one seed are apart; 0 if they agree.
            named: whether a person named the editable files, so that each must matter.

        Raises:
            UserError: what is editable is not what is measured, or broken code would win.
        """
        executable = {file.path: file.executable for file in self.history.files(self.commit)}
        editable = [path for path in executable if matches(path, self.program.editable)]
        read = tuple(path for path in executable if path in whole.opened)
        known = Known.of(whole.trial, sigma, self.program)
        everything = broken(editable, executable)
        trial = await self.trial(known.seed, everything)
        outcome = known.outcome(trial)
        self._require_connected(trial, outcome, known, editable, read)
        notes = [] if outcome is Outcome.FAILS else [_swallows(trial)]
        notes += await self._hollow(known, editable, executable)
        files = await self._each(known, editable, executable, read if whole.complete else None, whole.trial.wall_s)
        if named or not any(file.outcome in {Outcome.FAILS, Outcome.MOVES, Outcome.NOT_TRIED} for file in files):
            self._require_named(files, read)
        idle = [check for check in self.program.checks if await self._passes(check, everything)]
        return Connection(
            reads=read, reads_complete=whole.complete, editable=files, idle_checks=tuple(idle), notes=tuple(notes)
        )

    async def _each(
        self, known: Known, editable: Sequence[str], executable: Mapping[str, bool], read: Sequence[str] | None, trial_s: float
    ) -> tuple[BrokenFile, ...]:
        """Break one file at a time, as long as there is time; `read` is None if it is not known which files are read."""
        ends_s = time.monotonic() + allowed_s(trial_s)
        found = []
        for path in editable:
            if read is not None and path not in read:
                outcome = Outcome.NOT_READ
            elif time.monotonic() > ends_s:
                outcome = Outcome.NOT_TRIED
            else:
                outcome = known.outcome(await self.trial(known.seed, broken([path], executable)))
            found.append(BrokenFile(path=path, outcome=outcome))
        return tuple(found)

    async def _hollow(self, known: Known, editable: Sequence[str], executable: Mapping[str, bool]) -> list[str]:
        """What a trial shows in which every Python function of the editable files raises when it is called."""
        python = [path for path in editable if path.endswith(".py")]
        changes = hollowed(self.history.read_files(self.commit, python), executable)
        if not changes:
            return []
        if known.outcome(await self.trial(known.seed, changes)) is not Outcome.STAYS:
            return []
        what = f"every function of {names([change.path for change in changes])} was made to raise, and "
        what += f"{self.program.metric.name} stays at {number(known.value)}: the command calls none of them"
        if self.program.metric.name in OUTSIDE:
            fix = "measure a command that runs them: a benchmark that only defines functions needs its runner, such as "
            raise UserError(what, fix=f"{fix}`python -m pytest FILE`")
        return [what]

    def _require_connected(
        self, trial: Trial, outcome: Outcome, known: Known, editable: Sequence[str], read: Sequence[str]
    ) -> None:
        name, metric = self.program.metric.name, self.program.metric
        if outcome is Outcome.STAYS:
            cause = self._cause(next((path for path in editable if path not in read), editable[0]), read)
            before, value = number(known.value), number(trial.value or 0.0)
            still = f"still {value}" if value == before else f"{value}, hardly other than {before}"
            what = f"every editable file was broken on purpose, and {name} is {still}"
            raise UserError(f"{what}: what is edited is not what is measured; {cause.why}", fix=cause.fix)
        if trial.value is not None and metric.gain(known.value, trial.value) > 0:
            what = f"with every editable file broken on purpose, {name} is {number(trial.value)}, better than the "
            raise UserError(f"{what}{number(known.value)} of what is committed: a crash would be kept", fix=SWALLOWED)

    def _require_named(self, files: Sequence[BrokenFile], read: Sequence[str]) -> None:
        """A file of code that the program names one by one must matter."""
        idle = [file.path for file in files if file.outcome in {Outcome.STAYS, Outcome.NOT_READ} and is_code(file.path)]
        named = [path for path in idle if path in self.program.editable]
        if named:
            cause = self._cause(named[0], read)
            what = f"{names(named)} can be edited, but broken on purpose {'it changes' if len(named) == 1 else 'they change'}"
            raise UserError(f"{what} no trial: {cause.why}", fix=cause.fix)

    def _cause(self, path: str, read: Sequence[str]) -> Cause:
        return why_unmeasured(path, read, self.history.paths(self.commit), self.program)

    async def trial(self, seed: int, changes: Sequence[FileChange] = ()) -> Trial:
        """One trial of the tree with changes."""
        return await self._run(seed, ChangedTrees(inner=self.workspaces, changes=changes))

    async def _run(self, seed: int, trees: Workspaces) -> Trial:
        return await self.trials.over(trees).run(KEY, commit=self.commit, tree=self.commit, seed=seed, slot=0)

    async def _passes(self, command: str, changes: Sequence[FileChange]) -> bool:
        """Whether a check passes on changed files."""
        trees = ChangedTrees(inner=self.workspaces, changes=changes)
        return await self.trials.over(trees, checks=(command,)).checks(self.commit, slot=0) is None


def allowed_s(trial_s: float) -> float:
    """How long one part of the proof may take if a trial takes so long."""
    return max(LEAST_S, SHARE * trial_s)


def _swallows(trial: Trial) -> str:
    value = number(trial.value) if trial.value is not None else ""
    return f"broken code still gives a value ({value}): {SWALLOWED}"
