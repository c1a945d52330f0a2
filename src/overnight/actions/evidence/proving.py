"""Red and green of an action's tests, and what of its code no test notices: runs of its tests without parts of the change."""

import shlex
import time
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass, field, replace
from itertools import islice

from anyio import to_thread

from overnight.actions.charter import FILES
from overnight.actions.evidence.changed import ChangedFile, FileKind
from overnight.actions.evidence.changed_tests import changed_tests
from overnight.actions.evidence.hollow import MARK, other_answers
from overnight.actions.evidence.reds import MOST as MOST_NAMED
from overnight.actions.evidence.reds import REASON, Run, is_left_out, prove
from overnight.actions.evidence.runs import Failure, Fate
from overnight.actions.evidence.takeouts import TakeOut, takeouts
from overnight.actions.evidence.trying import Trying
from overnight.actions.findings import Doubt, Hunk, NewTest, Proof, Suspicion
from overnight.git.port import FileChange
from overnight.words.foreign import printable

MOST_FILES = 50  # test files that are run for one action
MOST_ANSWERS = 8  # new functions that are made to answer something else
MOST_TAKEN_OUT = 40  # parts of one change
SPAN_S = 600.0  # for taking parts out of one change
LEAST_S, LONGER = 20.0, 5  # a run without a part may take so long, and so many times what it took with it


@dataclass(slots=True, kw_only=True)
class Proven:
    """What the runs showed."""

    proofs: list[NewTest] = field(default_factory=list)
    unproven: list[Hunk] = field(default_factory=list)
    suspicions: list[Suspicion] = field(default_factory=list)
    left: int = 0  # parts that there was no time to take out
    tried_lines: int = 0
    unproven_lines: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class _Trial:
    """How the tests of a change are run without parts of it."""

    trying: Trying  # with less time, as a function that does nothing may have a test wait for ever
    commands: Sequence[str]
    counted: bool  # whether these say how many tests they ran
    checks_counted: bool  # and whether the checks do
    until: float  # when no more parts are taken out


@dataclass(frozen=True, slots=True, kw_only=True)
class Proving:
    """Proves one change."""

    trying: Trying
    base: str
    commit: str
    files: Sequence[ChangedFile]
    test: str  # runs some test files; empty: the checks stand for it
    checks: Sequence[str]  # that pass on the commit
    now: Callable[[], float] = time.monotonic

    async def proven(self, *, checked: Run, checked_before: Run, taking_out: bool) -> Proven:
        """Everything, from the runs of the checks on the commit and on the base."""
        tests = [file for file in self.files if file.kind is FileKind.TESTS and file.new is not None][:MOST_FILES]
        commands = self._commands(tests)
        if not commands:
            return Proven(proofs=[NewTest(path=file.path, proof=Proof.NOT_RUN) for file in tests])
        found, green = Proven(), checked
        if tests:
            green = await self.trying.run(self.commit, commands) if self.test else checked
        trial = _Trial(
            trying=self.trying.within(LEAST_S + LONGER * (green.wall_s + checked.wall_s)),
            commands=commands,
            counted=green.text.count is not None,
            checks_counted=checked.text.count is not None,
            until=self.now() + SPAN_S,
        )
        # Read once, in a thread: twenty files of 30 kB take seconds.
        names = await to_thread.run_sync(lambda: [changed_tests(file.path, file.old, file.new) for file in tests])
        if tests:
            red = await self._red(trial)
            found.proofs = [
                NewTest(path=file.path, proof=Proof.NOT_RUN)
                if is_left_out(file.path, file.old, file.new, before=checked_before.text, after=checked.text)
                else prove(file.path, changed, red=red, green=green)
                for file, changed in zip(tests, names, strict=True)
            ]
        if taking_out and all(proof.proof is not Proof.NOT_GREEN for proof in found.proofs):
            await self._take_out(found, trial, names)
            plain = any(proof.proof is Proof.RED_GREEN and not proof.taken_out for proof in found.proofs)
            if found.proofs and not plain:
                found.suspicions += await self._any_answer(trial)
        return found

    async def _red(self, trial: "_Trial") -> Run:
        """The tests of the change on the base. What fails there is run again, as a flaky test is no proof."""
        changes = [file.change for file in self.files if file.kind in {FileKind.TESTS, FileKind.SUPPORT}]
        red = await trial.trying.run(self.base, trial.commands, changes)
        return red if red.passed else await trial.trying.run(self.base, trial.commands, changes)

    def _commands(self, tests: Sequence[ChangedFile]) -> Sequence[str]:
        if self.test and tests:
            return (self.test.replace(FILES, " ".join(shlex.quote(file.path) for file in tests)),)
        return self.checks

    async def _take_out(self, found: Proven, trial: "_Trial", names: Sequence[Collection[str] | None]) -> None:
        """`names`: of the tests that are new or differ, by proof."""
        parts = await to_thread.run_sync(takeouts, self.files)
        for number, part in enumerate(parts):
            if number >= MOST_TAKEN_OUT or self.now() > trial.until:
                found.left = len(parts) - number
                return
            run = await self._without(part.change, trial)
            found.tried_lines += part.lines
            if run is None:
                found.unproven.append(part.hunk)
                found.unproven_lines += part.lines
            elif _shows(part, run) and not (trial.counted and _names_no_test(run)):
                found.proofs = [_stronger(*proof, part, run) for proof in zip(found.proofs, names, strict=True)]

    async def _without(self, change: FileChange, trial: "_Trial") -> Run | None:
        """The first run that fails without a part; None: no test does."""
        run = await trial.trying.run(self.commit, trial.commands, (change,))
        if not run.passed or tuple(trial.commands) == tuple(self.checks):
            return None if run.passed else run
        run = await trial.trying.run(self.commit, self.checks, (change,))
        return None if run.passed or (trial.checks_counted and _names_no_test(run)) else run

    async def _any_answer(self, trial: "_Trial") -> Sequence[Suspicion]:
        """The new functions, if the tests pass with another answer of each; a test that looks at one of them is enough."""
        found: list[Suspicion] = []
        for file in [file for file in self.files if file.kind is FileKind.CODE]:
            mark = f"{file.path.rpartition('/')[0]}/{MARK}".lstrip("/")
            answers = islice(other_answers(file.path, file.old, file.new), MOST_ANSWERS)
            for name, line, content in await to_thread.run_sync(list, answers):
                if self.now() > trial.until:
                    return ()
                changes = (file.having(content),)
                passed = [await trial.trying.leaves(self.commit, each, changes, mark) for each in trial.commands]
                if False in passed:
                    return ()
                if True in passed and len(found) < MOST_ANSWERS:
                    detail = f"`{printable(name, REASON)}` may answer something else, and no test fails"
                    path = printable(file.path, REASON)
                    found.append(Suspicion(doubt=Doubt.ANY_ANSWER, path=path, line=line, detail=detail))
        return found


def _shows(part: TakeOut, run: Run) -> bool:
    """Whether a failure says more than that something is missing."""
    return part.hollow or run.failure is not Failure.LOADS


def _names_no_test(run: Run) -> bool:
    """Whether something else failed before a test ran, such as a linter in the same command."""
    return run.text.count is None and not run.text.tests


def _stronger(proof: NewTest, names: Collection[str] | None, part: TakeOut, run: Run) -> NewTest:
    """A weak red that a part explains: the code is there, does nothing or what it did before, and a new test fails."""
    if proof.proof is not Proof.WEAK_RED:
        return proof
    failed = [test for test in run.of(proof.path) if test.fate is Fate.FAILED]
    if any(not test.name for test in failed) or (
        not failed and run.text.tests
    ):  # the file could not be loaded, or is not among them
        return proof
    failed = [test for test in failed if names is None or test.name in names]
    if not failed and run.text.tests:
        return proof
    red = f"{failed[0].name}: {failed[0].reason}" if failed else run.text.headline or run.reason
    tests = tuple(dict.fromkeys(test.name for test in failed))
    return replace(proof, proof=Proof.RED_GREEN, red=red[:REASON], taken_out=part.name, tests=tests[:MOST_NAMED])
