"""Commands of a claw in the jail: what came of each, and what it printed, without secrets.

A command sees the system's programs, the folder that it runs in and what it is shown, and none of the claw's other files. It
has no variable of the user's and no network, unless hosts are named, which it reaches through a proxy.

Does not cover: what the jail does not, see `jail/jail.py`; what a command of these hosts is sent.
"""

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory

import anyio
from anyio import from_thread

from overnight.jail.job import Job, JobEnding, JobResult, Limits, plain_environment
from overnight.jail.port import Executor
from overnight.machines.share import make_executor
from overnight.secrets.broker import user_broker
from overnight.words.foreign import cut_middle, printable_lines

SLOTS = 1
SHOWN = 8_000  # characters of an output that are kept
OUTPUT_BYTES = 16 * 1000**2  # that a command may print before it is ended
LOOK_S = 0.1  # between looks whether the turn was cut off


@dataclass(frozen=True, slots=True, kw_only=True)
class Command:
    """What is to be run."""

    line: str  # for `sh`
    folder: Path  # the only one that it can change
    wall_s: float
    readable: tuple[str, ...] = ()  # folders that it is shown, at their own places
    variables: Mapping[str, str] = field(default_factory=dict)
    hosts: tuple[str, ...] = ()
    memory_bytes: int = 2 * 1000**3
    disk_bytes: int = 1000**3


@dataclass(frozen=True, slots=True, kw_only=True)
class Ran:
    """What came of a command."""

    exit_code: int | None  # null: it did not end by itself
    ending: str  # exited, or what ended it: wall, memory, disk, output, cancelled
    detail: str  # the same in words; empty if it exited
    wall_s: float
    output: str  # stdout and stderr, cut in the middle

    @property
    def words(self) -> str:
        """How it ended, and below it what it printed."""
        ended = f"exit code {self.exit_code}" if self.exit_code is not None else f"ended: {self.detail}"
        return f"{ended}\n{self.output}".rstrip()


@cache
def executor() -> Executor:
    """The jail of this process.

    Raises:
        SandboxError: it does not work on this machine; the error says how to fix it.
    """
    return make_executor("jail", others=SLOTS)


def run_in_jail(command: Command) -> Ran:
    """Run a command to its end, or until the turn that asks for it is cut off.

    Raises:
        SandboxError: the machine's fault: it could not be started.
    """
    jail = executor()
    with TemporaryDirectory(prefix="overnight-claw-") as scratch:
        output = Path(scratch) / "output"
        result = anyio.run(_until_cut_off, jail, job_of(command, output))
        printed, unread = _read(output)
    clean = user_broker().scrubber().text(printed)
    return Ran(
        exit_code=result.exit_code if result.ending is JobEnding.EXITED else None,
        ending=result.ending.value,
        detail=result.detail or ("" if result.ending is JobEnding.EXITED else "it was stopped"),
        wall_s=round(result.wall_s, 3),
        output=printable_lines(cut_middle(clean, SHOWN, unread=unread), 2 * SHOWN),
    )


def job_of(command: Command, output: Path) -> Job:
    """The command as a job of the jail."""
    limits = Limits(
        wall_s=command.wall_s,
        memory_bytes=command.memory_bytes,
        disk_bytes=command.disk_bytes,
        output_bytes=OUTPUT_BYTES,
        hosts=command.hosts,
    )
    return Job(
        command=command.line,
        folder=command.folder,
        output=output,
        limits=limits,
        environment={**plain_environment(limits), **command.variables},
        readable=command.readable,
    )


async def _until_cut_off(jail: Executor, job: Job) -> JobResult:
    """Run it, with a look now and then whether the turn was cut off, which is in another thread."""
    results: list[JobResult] = []
    async with anyio.create_task_group() as tasks:

        async def work() -> None:
            results.append(await jail.run(job))
            tasks.cancel_scope.cancel()

        tasks.start_soon(work)
        while not is_cut_off():  # noqa: ASYNC110  # it is not this loop's
            await anyio.sleep(LOOK_S)
        tasks.cancel_scope.cancel()
    if results:
        return results[0]
    return JobResult(ending=JobEnding.CANCELLED, exit_code=None, wall_s=0.0, cpu_s=0.0, peak_memory_bytes=0, output_bytes=0)


def is_cut_off() -> bool:
    """Whether the task that waits for this thread was cancelled."""
    try:
        from_thread.check_cancelled()
    except asyncio.CancelledError:
        return True
    except RuntimeError:  # no task waits for it
        return False
    return False


def _read(output: Path) -> tuple[str, int]:
    """The two ends of what was printed, and how many bytes between them were left."""
    most = 4 * SHOWN
    if not output.is_file():
        return "", 0
    with output.open("rb") as file:
        head = file.read(most)
        rest = output.stat().st_size - len(head)
        if rest > most:
            file.seek(-most, 2)
        return (head + file.read(most)).decode(errors="replace"), max(0, rest - most)
