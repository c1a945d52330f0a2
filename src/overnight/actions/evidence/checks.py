"""The port `Checks`: what we find out ourselves about a commit of an action and its base, by runs in the jail."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from anyio import to_thread

from overnight.actions.charter import Request, Rules
from overnight.actions.checkouts.commands import Commands
from overnight.actions.evidence.base_runs import BaseRuns
from overnight.actions.evidence.changed import ChangedFile, FileKind, changed_files
from overnight.actions.evidence.check_scripts import edited_checks
from overnight.actions.evidence.doubts import doubts, mocked
from overnight.actions.evidence.linters import without_linters
from overnight.actions.evidence.proving import Proven, Proving
from overnight.actions.evidence.reds import Run
from overnight.actions.evidence.risks import risks_of
from overnight.actions.evidence.runs import RunText
from overnight.actions.evidence.showing import Shown, show
from overnight.actions.evidence.trying import Trying, together
from overnight.actions.evidence.weakened import weakened_tests
from overnight.actions.findings import CheckOutcome, Evidence, WeakenedTest, Weakening
from overnight.git.history import GitHistory
from overnight.git.port import changes_between


@dataclass(frozen=True, slots=True, kw_only=True)
class ActionChecks:
    """Checks of one action's repository."""

    commands: Commands
    history: GitHistory
    known: Path | None = None  # folder of what is known of bases; None: nothing is kept

    async def run(self, commit: str, commands: Sequence[str]) -> Sequence[CheckOutcome]:
        """Run commands, each once on a fresh folder of a commit, in the jail."""
        trying = Trying(commands=self.commands)
        return [(await trying.outcome(commit, command))[0] for command in commands]

    async def evidence(self, *, base: str, commit: str, request: Request, rules: Rules) -> Evidence:
        """All that can be found out about a commit."""
        trying = Trying(commands=self.commands)
        checks = tuple(dict.fromkeys((*rules.checks, *request.checks)))
        files = await to_thread.run_sync(self._files, base, commit, rules)
        known = BaseRuns(folder=self.known, trying=trying, about=_surroundings(rules))
        before = [await known.settled(base, check) for check in checks]
        after = [await trying.settled(commit, check) for check in checks]
        passing = without_linters([outcome.command for outcome, _ in after if outcome.passed])
        proving = Proving(trying=trying, base=base, commit=commit, files=files, test=rules.test, checks=passing)
        whole = not request.refactoring and all(outcome.passed for outcome, _ in after)
        proven = await proving.proven(checked=_passing(after), checked_before=_passing(before), taking_out=whole)
        found = await to_thread.run_sync(_read, files, proven, (*checks, rules.test), rules.protected)
        command = request.show or rules.show
        shown = await show(self.commands, commit, command) if command else Shown()
        return Evidence(
            before=[outcome for outcome, _ in before],
            after=[outcome for outcome, _ in after],
            proofs=proven.proofs,
            unproven=proven.unproven,
            unproven_left=proven.left,
            tried_lines=proven.tried_lines,
            unproven_lines=proven.unproven_lines,
            refactoring=request.refactoring,
            code=any(file.kind is FileKind.CODE for file in files),
            weakened=[*found.weakened, *_fewer(before, after)],
            suspicions=found.suspicions,
            shown=shown.artifacts,
            show_problem=shown.problem,
            risks=found.risks,
        )

    def _files(self, base: str, commit: str, rules: Rules) -> Sequence[ChangedFile]:
        changes = changes_between(self.history, base, commit)
        executable = {file.path: file.executable for file in self.history.files(base)}
        before = self.history.read_files(base, [change.path for change in changes if change.path in executable])
        return changed_files(changes, before, executable, rules.test_globs)


def _read(files: Sequence[ChangedFile], proven: Proven, commands: Sequence[str], protected: Sequence[str]) -> Evidence:
    """What the text of a change says; in a thread, as a large one takes a while."""
    return Evidence(
        weakened=[*weakened_tests(files), *edited_checks(files, commands)],
        suspicions=[*doubts(files), *proven.suspicions, *mocked(files, proven.unproven, all_tried=not proven.left)],
        risks=risks_of(files, protected),
    )


def _surroundings(rules: Rules) -> Sequence[str]:
    """What the outcome of a check depends on besides the commit."""
    return repr(rules.limits), rules.setup, repr(rules.setup_inputs), repr(rules.env), repr(rules.readable)


def _passing(runs: Sequence[tuple[CheckOutcome, RunText]]) -> Run:
    passed = [(outcome, text) for outcome, text in runs if outcome.passed]
    wall_s = sum(outcome.wall_s for outcome, _ in passed)
    return Run(passed=True, reason="", text=together([text for _, text in passed]), wall_s=wall_s)


def _fewer(
    before: Sequence[tuple[CheckOutcome, RunText]], after: Sequence[tuple[CheckOutcome, RunText]]
) -> Iterator[WeakenedTest]:
    """Checks that run fewer tests than before, or skip more."""
    for (old, _), (new, _) in zip(before, after, strict=True):
        if old.passed and new.passed and old.tests is not None and (new.tests or 0) < old.tests:
            yield WeakenedTest(
                path="", how=Weakening.FEWER, detail=f"`{new.command}` ran {old.tests} tests, now {new.tests or 0}"
            )
        if new.skipped and old.skipped is not None and new.skipped > old.skipped:
            yield WeakenedTest(
                path="", how=Weakening.SKIPPED, detail=f"`{new.command}` skips {new.skipped} tests, not {old.skipped}"
            )
