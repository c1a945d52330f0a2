"""The commands of a program as jailed jobs: what each is given, what it printed, and why it failed."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from overnight.gate.early_stopping import CurveMonitor
from overnight.gate.trial import Fault, Stage, TrialKey
from overnight.jail.job import Job, JobEnding, JobResult, plain_environment, with_variables
from overnight.jail.port import Executor
from overnight.jail.why_failed import why_failed
from overnight.program.program import Program
from overnight.research.places.port import Workspaces

if TYPE_CHECKING:
    from overnight.research.loop.kept_results import KeptResults

SEALED = {Stage.HOLDOUT, Stage.AUDIT}  # in which a candidate's code may see what it must not pass on
TAIL = 256_000  # bytes of an output that a failure keeps


class TrialFailed(Exception):  # noqa: N818  # the tree's fault, which becomes the trial's
    """The trial has no value, and why."""

    def __init__(self, fault: Fault, reason: str, excerpt: tuple[str, ...] = (), *, tail: bytes = b"") -> None:
        """What ended it.

        Args:
            fault: the kind.
            reason: one line.
            excerpt: lines of the output that say why, printable; empty if the reason says all.
            tail: the end of the output as it is.
        """
        super().__init__(reason)
        self.fault = fault
        self.excerpt = excerpt
        self.tail = tail[-TAIL:]
        self.saw_hidden = fault is Fault.PREPARE  # else set where its folder is made


@dataclass(slots=True, kw_only=True)
class TrialRun:
    """A trial in progress: what it runs on, and what its jobs used so far."""

    commit: str
    seed: int
    slot: int
    key: TrialKey | None = None  # None: a checks command
    number: int = 0  # of the experiment; 0: none
    curve: CurveMonitor | None = None  # reads the output of the job that runs the tree under trial
    used: list[JobResult] = field(default_factory=list)
    own: JobResult | None = None  # of the job that ran the tree under trial; None: another trial ran it
    log: bytearray = field(default_factory=bytearray)
    printed: bytes = b""  # by the job that ran the tree under trial


@dataclass(frozen=True, slots=True, kw_only=True)
class CommandRunner:
    """Runs the program's commands in work folders."""

    program: Program
    start: str  # commit that is the user's own; all others may be hostile
    executor: Executor
    workspaces: Workspaces
    home: str | None  # what `~` means to the commands, if it contains readable files
    kept: "KeptResults | None" = None  # of machines that keep results until they are recorded

    async def run_tree(self, run: TrialRun, command: str, folder: Path) -> bytes:
        """Run the one job of a trial that runs the tree: its curve is read, and its usage counts as the tree's own.

        It alone may end with `allow_exit`: a check, a scorer or a `prepare` that fails says so by its exit code.
        """
        output = await self.run(run, command, folder, run.curve, exits=self.program.limits.allow_exit)
        run.own, run.printed = run.used[-1], output
        return output

    async def run(
        self, run: TrialRun, command: str, folder: Path, curve: CurveMonitor | None = None, *, exits: Sequence[int] = (0,)
    ) -> bytes:
        """Run one command; return its captured output. `exits` are the exit codes that are no failure.

        Raises:
            TrialFailed: the command failed.
        """
        output = self.workspaces.output()
        limits = self.program.limits
        job = Job(
            command=with_variables(command.replace("{seed}", str(run.seed)), self.program.env),
            folder=folder,
            output=output,
            limits=limits,
            environment=self._environment(run.seed),
            readable=self.program.readable,
            slot=run.slot,
            number=run.number,
            id=self._id(run),
            forget=run.key is not None and run.key.stage in SEALED and run.commit != self.start,
        )
        try:
            result = await self.executor.run(job, monitor=curve.read if curve else None)
            captured = output.read_bytes()
        finally:
            output.unlink(missing_ok=True)
        run.used.append(result)
        run.log += captured
        if result.ending is JobEnding.MONITOR:
            raise TrialFailed(Fault.BEHIND, result.detail)
        exited = result.ending is JobEnding.EXITED
        if not exited or result.exit_code not in exits:
            reason, lines = why_failed(result, captured)
            raise TrialFailed(Fault.EXIT if exited else Fault.LIMIT, reason, lines, tail=captured if exited else b"")
        return captured

    def _id(self, run: TrialRun) -> str:
        if self.kept is None or run.key is None:
            return ""
        return self.kept.job_id(run.key, commit=run.commit, seed=run.seed, command=len(run.used))

    def _environment(self, seed: int) -> dict[str, str]:
        own = {**({"HOME": self.home} if self.home else {}), "OVERNIGHT_SEED": str(seed)}
        return {**plain_environment(self.program.limits), **own}
