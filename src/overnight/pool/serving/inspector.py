"""Has the texts of strangers looked into by processes beside the server; what ends such a process may not be verified.

Texts of known keys come first, so that a flood of new ones delays them by one at most for each process.
"""

import asyncio
import json
import os
import pickle
import sys
from asyncio.subprocess import DEVNULL, PIPE, Process
from collections.abc import Sequence
from dataclasses import dataclass, field

from overnight.pool.lanes import Lane
from overnight.pool.serving.inspection import Inspected, Text
from overnight.pool.serving.inspection_child import LENGTH_BYTES
from overnight.pool.serving.refusing import Busy

COMMAND = (sys.executable, "-I", "-m", "overnight.pool.serving.inspection_child")
CPU_S = 5.0  # for one text; ordinary Python of 200 kB takes 0.4 s
MOST_PROCESSES = 4
MOST_WAITING_BYTES = {Lane.KNOWN: 128_000_000, Lane.NEW: 32_000_000}
UNREADABLE = Inspected(problem="its text takes too long to be read, or too much memory")


@dataclass(order=True, slots=True)
class _Waiting:
    """A text that waits; known keys first, then in order."""

    is_new: bool
    number: int
    text: Text = field(compare=False)
    done: "asyncio.Future[Inspected]" = field(compare=False)


class Inspector:
    """The processes, each started when it is needed first."""

    def __init__(self, *, processes: int | None = None, limit_s: float = CPU_S, command: Sequence[str] = COMMAND) -> None:
        self._count = processes or min(MOST_PROCESSES, len(os.sched_getaffinity(0)))
        self._command = (*command, str(limit_s))
        self._queue: asyncio.PriorityQueue[_Waiting] = asyncio.PriorityQueue()
        self._bytes = dict.fromkeys(Lane, 0)
        self._asked = 0
        self._tasks: list[asyncio.Task[None]] = []

    def start(self) -> None:
        """Begin, in a running loop."""
        self._tasks = [asyncio.create_task(self._keep_looking()) for _ in range(self._count)]

    async def stop(self) -> None:
        """End the processes; who still waits is cancelled."""
        for each in self._tasks:
            each.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    async def inspect(self, text: Text, lane: Lane) -> Inspected:
        """Look into a text; Busy if too many wait."""
        size = sum(len(each.content or b"") for each in text.changes) + sum(map(len, text.before.values()))
        if self._bytes[lane] and self._bytes[lane] + size > MOST_WAITING_BYTES[lane]:
            raise Busy
        self._bytes[lane] += size
        self._asked += 1
        waiting = _Waiting(lane is Lane.NEW, self._asked, text, asyncio.get_running_loop().create_future())
        try:
            self._queue.put_nowait(waiting)
            return await waiting.done
        finally:
            self._bytes[lane] -= size

    async def _keep_looking(self) -> None:
        process: Process | None = None
        try:
            while True:
                waiting = await self._queue.get()
                if waiting.done.cancelled():
                    continue
                if process is None:
                    process = await asyncio.create_subprocess_exec(*self._command, stdin=PIPE, stdout=PIPE, stderr=DEVNULL)
                found = await _asked(process, waiting.text)
                if found is None:
                    await process.wait()
                    process = None
                if not waiting.done.cancelled():
                    waiting.done.set_result(found or UNREADABLE)
        finally:
            if process:
                process.kill()
                await asyncio.shield(process.wait())


async def _asked(process: Process, text: Text) -> Inspected | None:
    """What the process says; None if it ended."""
    assert process.stdin and process.stdout  # noqa: S101  # as it was started
    body = pickle.dumps(text)
    try:
        process.stdin.write(len(body).to_bytes(LENGTH_BYTES, "big") + body)
        await process.stdin.drain()
    except ConnectionError:
        return None
    line = await process.stdout.readline()
    return Inspected(**json.loads(line)) if line.endswith(b"\n") else None
