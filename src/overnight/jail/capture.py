"""Copies a job's output from its pipe to a file, cut at the job's limit, with at most one chunk in memory.

Does not cover: output of a process that outlives the job (the pipe is closed at the end; nobody waits for it).
"""

import os
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import anyio

from overnight.errors import SandboxError
from overnight.files.folders import write_all
from overnight.jail.port import OutputMonitor

CHUNK_BYTES = 65536  # the kernel's pipe holds no more
_CREATE = os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_NOFOLLOW | os.O_CLOEXEC
_LEFT_OVER = 16  # chunks read after the end: the pipe held one; a process that goes on writing must not keep us


class Capture:
    """The captured output of one job."""

    def __init__(self, file: int, limit_bytes: int, monitor: OutputMonitor | None = None) -> None:
        self._file = file
        self._limit = limit_bytes
        self._monitor = monitor
        self._objection = ""  # of the monitor
        self.printed_bytes = 0

    @property
    def over(self) -> bool:
        """Whether the job printed more than its limit."""
        return self.printed_bytes > self._limit

    async def until_over(self, source: int) -> str:
        """Read a pipe until the output is over the limit or the monitor objects; return its objection.

        Raises:
            SandboxError: the output cannot be written to the disk.
        """
        while not self.over and not self._objection:
            await anyio.wait_readable(source)
            if not self._take(source):
                await anyio.sleep_forever()  # every process that could print has closed the pipe
        return self._objection

    def drain(self, source: int) -> None:
        """Read what is left in the pipe at the end."""
        with suppress(BlockingIOError):
            for _ in range(_LEFT_OVER):
                if not self._take(source):
                    return

    def _take(self, source: int) -> bool:
        chunk = os.read(source, CHUNK_BYTES)
        room = max(0, self._limit - self.printed_bytes)
        try:
            write_all(self._file, chunk[:room])
        except OSError as error:
            raise SandboxError(f"a job's output cannot be written: {error.strerror}", fix="free space on the disk") from error
        self.printed_bytes += len(chunk)
        if self._monitor:
            self._objection = self._objection or self._monitor(chunk)
        return bool(chunk)


@contextmanager
def capturing(path: Path, limit_bytes: int, monitor: OutputMonitor | None = None) -> Iterator[Capture]:
    """Capture a job's output in a new file; `monitor` gets it too.

    Raises:
        SandboxError: the file cannot be created.
    """
    try:
        file = os.open(path, _CREATE, 0o600)
    except OSError as error:
        raise SandboxError(f"a job's output cannot be written to {path}: {error.strerror}") from error
    try:
        yield Capture(file, limit_bytes, monitor)
    finally:
        os.close(file)
