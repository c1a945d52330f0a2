"""Commands of a repository on fresh folders of its commits, in the jail: what came of each.

A check sees its own folder, what `setup` made and what `readable` names, has no network, and the variables of `env`. What it
printed is kept without secrets.
"""

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path

from anyio import CancelScope, to_thread

from overnight.actions.charter import Rules
from overnight.actions.checkouts.folders import ActionFolders
from overnight.actions.checkouts.job_output import environment_of, keep_log, read_output
from overnight.actions.checkouts.machine import Machine
from overnight.actions.checkouts.preparation import Preparation
from overnight.actions.checkouts.setups import Setup
from overnight.actions.findings import CheckOutcome
from overnight.jail.job import Job, JobEnding, JobResult, Limits, with_variables
from overnight.jail.port import Executor
from overnight.jail.why_failed import why_failed
from overnight.ledger.artifacts import ArtifactStore
from overnight.words.scrubber import Scrubber


@dataclass(frozen=True, slots=True, kw_only=True)
class Printed:
    """What came of a command, and all that it printed, without secrets."""

    outcome: CheckOutcome
    output: bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class Commands:
    """Runs commands in folders of one action."""

    executor: Executor  # a `PreparedExecutor`
    folders: ActionFolders
    artifacts: ArtifactStore
    limits: Limits
    machine: Machine
    preparation: Preparation
    env: Sequence[tuple[str, str]] = ()
    scrubber: Scrubber = field(default_factory=Scrubber)

    @asynccontextmanager
    async def fresh_folder(self, commit: str) -> AsyncIterator[Path]:
        """A new folder of a commit, for as long as it is needed."""
        folder = await to_thread.run_sync(self.folders.create, commit)
        try:
            yield folder
        finally:
            self.preparation.forget(folder)
            with CancelScope(shield=True):
                await to_thread.run_sync(self.folders.remove, folder)

    async def on(self, commit: str, command: str) -> CheckOutcome:
        """Run a command on a fresh folder of a commit."""
        async with self.fresh_folder(commit) as folder:
            return await self.run(folder, command)

    async def run(self, folder: Path, command: str) -> CheckOutcome:
        """Run a command in a fresh folder; as `printed`."""
        return (await self.printed(folder, command)).outcome

    async def printed(self, folder: Path, command: str, *, keep: bool = True) -> Printed:
        """Run a command in a fresh folder; `keep`: what it prints is an artifact, which is cut once those fill their share.

        Raises:
            SetupFailed: what its commit needs could not be made.
        """
        made = await self.preparation.furnish(folder)
        output = self.folders.output()
        async with self.machine.check_slot(self.limits) as slot:
            job = Job(
                command=with_variables(command, self.env),
                folder=folder,
                output=output,
                limits=replace(self.limits, hosts=(), network="none"),
                environment=environment_of(self.limits),
                slot=slot,
            )
            result = await self.executor.run(job)

        def read() -> Printed:  # in a thread: to look through megabytes takes a while
            printed = read_output(output, self.scrubber)
            outcome = self._outcome(command, result, printed)
            log = keep_log(output, printed, self.artifacts) if keep else ""
            lacks = "" if outcome.passed else self.folders.lacks(self.folders.commit_of(folder))
            note = "; ".join(filter(None, (made.note if made else "", self._astray(made), lacks)))
            return Printed(outcome=replace(outcome, log=log, note=note, old_setup=bool(made and made.note)), output=printed)

        try:
            return await to_thread.run_sync(read)
        finally:
            output.unlink(missing_ok=True)

    def _astray(self, made: Setup | None) -> str:
        """What to know of an environment whose job had its folder at another place than its setup had."""
        if self.executor.name == "jail" or made is None or not made.environments:
            return ""
        return "without a jail, what `setup` installed in editable mode is the base's code"

    def _outcome(self, command: str, result: JobResult, printed: bytes) -> CheckOutcome:
        passed = result.ending is JobEnding.EXITED and result.exit_code in self.limits.allow_exit
        reason, excerpt = ("", ()) if passed else why_failed(result, printed)
        return CheckOutcome(
            command=command,
            passed=passed,
            reason=self.scrubber.text(reason),
            excerpt=tuple(map(self.scrubber.text, excerpt)),
            wall_s=result.wall_s,
        )


def reaching(rules: Rules, limits: Limits) -> Limits:
    """The limits of an agent's jobs, with the hosts of `allow`, which they reach through the proxy."""
    return replace(limits, hosts=tuple(rules.allow)) if rules.allow and limits.network != "host" else limits
