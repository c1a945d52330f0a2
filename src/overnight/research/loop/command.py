"""The commands of a program as jailed jobs: what each is given, what it printed, and why it failed."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

from overnight.gate.early_stopping import CurveMonitor
from overnight.gate.trial import Fault, Stage, TrialKey
from overnight.jail.job import Job, JobEnding, JobResult, with_variables
from overnight.jail.port import Executor
from overnight.program.program import Program
from overnight.research.places.port import Workspaces

SEALED = {Stage.HOLDOUT, Stage.AUDIT}  # in which a candidate's code may see what it must not pass on
TAIL = 256_000  # bytes of an output that a failure keeps
IDLE = 0.1  # of the wall time: a job that computes uses more of a processor, unless others keep it from one


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
        if result.ending is not JobEnding.EXITED:
            from overnight.words.failure import read_failure

            raise TrialFailed(Fault.LIMIT, result.detail + _idle(result), read_failure(captured).lines)
        if result.exit_code not in exits:
            raise _failed(result, captured)
        return captured

    def _environment(self, seed: int) -> dict[str, str]:
        threads = str(self.program.limits.cpus)
        return {
            **({"HOME": self.home} if self.home else {}),
            "LANG": "C.UTF-8",
            "OVERNIGHT_SEED": str(seed),
            "PYTHONHASHSEED": "0",  # the order of a set must not affect what is measured
            "PYTHONDONTWRITEBYTECODE": "1",
            "OMP_NUM_THREADS": threads,
            "OPENBLAS_NUM_THREADS": threads,
            "MKL_NUM_THREADS": threads,
        }


def _idle(result: JobResult) -> str:
    """What to add if a job that ran into its wall limit had hardly any processor time: it may not be its own fault."""
    if result.ending is not JobEnding.WALL or result.cpu_s > IDLE * result.wall_s:
        return ""
    return f" after only {result.cpu_s:.1f} s of processor time: it waited for something, or the machine stalled"


def _failed(result: JobResult, captured: bytes) -> TrialFailed:
    """Why a command ended with an exit code that is a crash: the one place that words it."""
    from overnight.words.failure import read_failure

    code, found = result.exit_code or 0, read_failure(captured)
    what = f"ended by signal {-code}" if code < 0 else f"exit code {code}"
    failure = f"{what}: {found.headline}" if found.headline else f"{what}, no output"
    return TrialFailed(Fault.EXIT, f"{failure}; {result.detail}" if result.detail else failure, found.lines, tail=captured)
