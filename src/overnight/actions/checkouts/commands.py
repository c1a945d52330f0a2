"""One command of a repository on one commit, in the jail: what came of it.

A check sees its own folder, what `setup` made and what `readable` names, has no network, and the variables of `env`. What it
printed is kept without secrets.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

from anyio import CancelScope, to_thread

from overnight.actions.charter import Rules
from overnight.actions.checkouts.folders import ActionFolders
from overnight.actions.checkouts.job_words import environment_of, keep_log, why_failed
from overnight.actions.checkouts.machine import Machine
from overnight.actions.checkouts.preparation import Preparation
from overnight.actions.checkouts.setups import Setup
from overnight.actions.findings import CheckOutcome
from overnight.jail.job import Job, JobEnding, JobResult, Limits, with_variables
from overnight.jail.port import Executor
from overnight.ledger.artifacts import ArtifactStore
from overnight.words.scrubber import Scrubber


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

    async def on(self, commit: str, command: str) -> CheckOutcome:
        """Run a command on a fresh folder of a commit."""
        folder = await to_thread.run_sync(self.folders.create, commit)
        try:
            return await self.run(folder, command)
        finally:
            self.preparation.forget(folder)
            with CancelScope(shield=True):
                await to_thread.run_sync(self.folders.remove, folder)

    async def run(self, folder: Path, command: str) -> CheckOutcome:
        """Run a command in a folder that `create` made.

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
        try:
            outcome = self._outcome(command, result, output)
            lacks = "" if outcome.passed else await to_thread.run_sync(self.folders.lacks, self.folders.commit_of(folder))
            notes = (made.note if made else "", self._astray(made), lacks)
            return replace(outcome, note="; ".join(filter(None, notes)), old_setup=bool(made and made.note))
        finally:
            output.unlink(missing_ok=True)

    def _astray(self, made: Setup | None) -> str:
        """What to know of an environment whose job had its folder at another place than its setup had."""
        if self.executor.name == "jail" or made is None or not made.environments:
            return ""
        return "without a jail, what `setup` installed in editable mode is the base's code"

    def _outcome(self, command: str, result: JobResult, output: Path) -> CheckOutcome:
        passed = result.ending is JobEnding.EXITED and result.exit_code in self.limits.allow_exit
        reason, excerpt = ("", ()) if passed else why_failed(result, output)
        return CheckOutcome(
            command=command,
            passed=passed,
            reason=self.scrubber.text(reason),
            excerpt=tuple(map(self.scrubber.text, excerpt)),
            wall_s=result.wall_s,
            log=keep_log(output, self.artifacts, self.scrubber),
        )


def agent_limits(rules: Rules, own: Limits | None = None) -> Limits:
    """The limits of an agent's jobs: those of the repository or its own, and the hosts of `allow` through the proxy."""
    limits = own or rules.limits
    return replace(limits, hosts=tuple(rules.allow)) if rules.allow and limits.network != "host" else limits
