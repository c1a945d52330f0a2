"""Runs a short command of the user's for what it prints, such as a key; bounds on time and bytes keep it from blocking us.

We read from our own pipe, because asyncio waits until every process that holds its pipe has ended. That is forever if a child
that outlives the command keeps it open, or if nobody reads on after the command has printed too much.

Does not cover: processes that leave the command's session before it is ended; they live on.
"""

import os
import signal
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from subprocess import DEVNULL

import anyio
from anyio.abc import Process

ENDING_S = 10.0  # after a SIGKILL; if it takes longer, the kernel does not release the process


@dataclass(frozen=True, slots=True, kw_only=True)
class Printed:
    """What a command printed, and how it ended."""

    output: bytes
    code: int | None  # None: it printed too much and was ended


async def run_for_output(
    argv: Sequence[str], *, environment: Mapping[str, str], wall_s: float, most_bytes: int, folder: Path | None = None
) -> Printed:
    """The standard output of a command until it exits, at most `most_bytes` of it.

    Raises:
        OSError: it cannot be started.
        TimeoutError: it did not exit within `wall_s`; it and its children were ended.
    """
    ours, theirs = os.pipe()
    os.set_blocking(ours, False)
    try:
        try:
            process = await anyio.open_process(
                argv, stdin=DEVNULL, stdout=theirs, stderr=DEVNULL, cwd=folder, env=environment, start_new_session=True
            )
        finally:
            os.close(theirs)
        said = bytearray()
        try:
            with anyio.fail_after(wall_s):
                await _listen(process, ours, said, most_bytes)
        finally:
            if process.returncode is None:  # else what it left running, such as an agent that caches keys, is the user's
                await end_session(process)
        too_much = len(said) > most_bytes
        return Printed(output=bytes(said[:most_bytes]), code=None if too_much else process.returncode)
    finally:
        os.close(ours)


async def end_session(process: Process) -> None:
    """Kill a process that leads a session, with its process group, and wait for it to end."""
    with suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGKILL)
    with anyio.move_on_after(ENDING_S, shield=True):
        await process.wait()


async def _listen(process: Process, ours: int, said: bytearray, most: int) -> None:
    """Read until it exits or has printed too much; a child that still holds the pipe is not waited for."""
    async with anyio.create_task_group() as group:

        async def see_it_end() -> None:
            await process.wait()
            group.cancel_scope.cancel()

        group.start_soon(see_it_end)
        more = True
        while more and len(said) <= most:
            await anyio.wait_readable(ours)
            more = _take(ours, said, most)
        if more:
            group.cancel_scope.cancel()
    while len(said) <= most and _take(ours, said, most):
        pass


def _take(ours: int, said: bytearray, most: int) -> bool:
    """Read once; whether there was something to read."""
    with suppress(BlockingIOError):
        got = os.read(ours, most + 1 - len(said))
        said += got
        return bool(got)
    return False
