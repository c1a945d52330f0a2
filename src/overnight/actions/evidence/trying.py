"""Runs of tests on changed trees of an action, in the jail, with what they print read."""

import os
from collections.abc import Sequence
from dataclasses import dataclass, replace

from anyio import to_thread

from overnight.actions.checkouts.commands import Commands
from overnight.actions.evidence.reds import Run
from overnight.actions.evidence.runs import Failure, RunText, read_run
from overnight.actions.findings import CheckOutcome
from overnight.git.port import FileChange
from overnight.jail.job import with_variables
from overnight.research.places.workspace import write_changes

TRIES = 2  # of a command that fails, before that counts
NAMES_TESTS = (("PYTEST_ADDOPTS", "-rap"),)  # pytest then says of every test what became of it; others do not read it


@dataclass(frozen=True, slots=True, kw_only=True)
class Trying:
    """Runs commands on commits with changes on top."""

    commands: Commands

    def within(self, wall_s: float) -> "Trying":
        """The same, with less time for each command."""
        limits = self.commands.limits
        return Trying(commands=replace(self.commands, limits=replace(limits, wall_s=min(limits.wall_s, wall_s))))

    async def outcome(
        self, commit: str, command: str, changes: Sequence[FileChange] = (), *, keep: bool = True
    ) -> tuple[CheckOutcome, RunText]:
        """One run on a fresh folder, and what its output says; `keep`: the outcome names its log."""
        async with self.commands.fresh_folder(commit) as folder:
            try:
                await to_thread.run_sync(write_changes, folder, changes)
            except OSError as error:  # a file stands where a folder is needed
                text = replace(read_run(b""), failure=Failure.LOADS)
                return CheckOutcome(command=command, passed=False, reason=f"files do not fit: {error.strerror}"), text
            ran = await self.commands.printed(folder, with_variables(command, NAMES_TESTS), keep=keep)
        text = await to_thread.run_sync(read_run, ran.output)
        return replace(ran.outcome, command=command, tests=text.count, skipped=text.skipped), text

    async def settled(self, commit: str, command: str) -> tuple[CheckOutcome, RunText]:
        """As `outcome`, but what fails is run again before it counts."""
        found, text = await self.outcome(commit, command)
        for tries in range(2, TRIES + 1):
            if found.passed:
                break
            again, text_again = await self.outcome(commit, command)
            if again.passed:
                found, text = replace(again, reason=found.reason, excerpt=found.excerpt), text_again
            found = replace(found, tries=tries)
        return found, text

    async def leaves(self, commit: str, command: str, changes: Sequence[FileChange], mark: str) -> bool | None:
        """Whether a command passes; None if it does not leave the file that shows that the changes took effect."""
        async with self.commands.fresh_folder(commit) as folder:
            await to_thread.run_sync(write_changes, folder, changes)
            found = (await self.commands.printed(folder, command, keep=False)).outcome
            return found.passed if await to_thread.run_sync(os.path.lexists, folder / mark) else None

    async def run(self, commit: str, commands: Sequence[str], changes: Sequence[FileChange] = ()) -> Run:
        """Commands one after the other, as one run of tests: it passes if all do; the first that fails ends it."""
        reason, texts, wall_s = "", [], 0.0
        for command in commands:
            found, text = await self.outcome(commit, command, changes, keep=False)
            texts.append(text)
            wall_s += found.wall_s
            if not found.passed:
                reason = found.reason or "it fails"
                break
        return Run(passed=not reason, reason=reason, text=together(texts), wall_s=wall_s)


def together(texts: Sequence[RunText]) -> RunText:
    """Several outputs as one."""
    counts = [text.count for text in texts if text.count is not None]
    skips = [text.skipped for text in texts if text.skipped is not None]
    return RunText(
        tests=[test for text in texts for test in text.tests],
        count=sum(counts) if counts else None,
        skipped=sum(skips) if skips else None,
        failure=next((text.failure for text in reversed(texts) if text.failure), None),
        headline=texts[-1].headline if texts else "",
    )
