"""One running git process that is asked and answers; no wait for it is without an end.

One that lives as long as we do has its time for each wait; one with a deadline has it for all that it says, since a process
that says a little now and then is never silent.
"""

import io
import os
import select
import subprocess
import tempfile
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import IO, Any

from overnight.git import process
from overnight.git.deadline import Deadline
from overnight.git.process import OPTIONS, too_slow

CLOSE_TIMEOUT_S = 5.0  # a process ends within milliseconds of its input


class GitDied(Exception):  # noqa: N818  # becomes a retry or an error
    """A process ended in the middle of an exchange."""


class Pipe:
    """One running git process: requests are said to it, answers are read from it."""

    def __init__(
        self,
        arguments: Sequence[str],
        *,
        folder: Path,
        environment: Mapping[str, str],
        inherit: Sequence[int] = (),
        deadline: Deadline | None = None,
    ) -> None:
        self._arguments = tuple(arguments)
        self._deadline = deadline
        self._stderr = tempfile.TemporaryFile()  # noqa: SIM115  # lives as long as the process
        self._process = subprocess.Popen(
            ["git", *OPTIONS, *arguments],
            bufsize=0,
            cwd=folder,
            env=environment,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=self._stderr,
            pass_fds=inherit,
            process_group=0,  # a Ctrl-C in the terminal is for us to handle
        )
        self._requests = _given(self._process.stdin)
        os.set_blocking(self._requests.fileno(), False)
        self._raw = _given(self._process.stdout)
        self._answers = io.BufferedReader(_Patient(self._raw.fileno(), self._wait))

    def say(self, request: bytes) -> None:
        """Send a request."""
        rest = memoryview(request)
        try:
            while rest:
                try:
                    rest = rest[os.write(self._requests.fileno(), rest) :]
                except BlockingIOError:
                    self._wait(self._requests.fileno(), select.POLLOUT)
        except BrokenPipeError as error:
            raise GitDied from error

    def line(self) -> bytes:
        """One line of the answer, without its end."""
        line = self._answers.readline()
        if not line.endswith(b"\n"):
            raise GitDied
        return line[:-1]

    def field(self) -> bytes:
        """One field of the answer that ends with a zero byte, without it."""
        said = bytearray()
        while ahead := self._answers.peek():
            end = ahead.find(b"\0")
            said += self._answers.read(end + 1 if end >= 0 else len(ahead))
            if end >= 0:
                return bytes(said[:-1])
        raise GitDied

    def take(self, size: int) -> bytes:
        """Exactly `size` bytes of the answer."""
        content = self.take_most(size)
        if len(content) < size:
            raise GitDied
        return content

    def take_most(self, size: int) -> bytes:
        """`size` bytes of the answer, fewer if it ends before."""
        return self._answers.read(size)

    def close(self, *, at_once: bool) -> tuple[int, bytes]:
        """End the process; return its exit code and its stderr."""
        if at_once:
            self._process.kill()
        with suppress(BrokenPipeError):  # it did not read all of a request
            self._requests.close()
        try:
            code = self._process.wait(CLOSE_TIMEOUT_S)
        except subprocess.TimeoutExpired:
            self._process.kill()
            code = self._process.wait()
        self._answers.close()
        self._raw.close()
        with self._stderr as file:
            file.seek(0)
            return code, file.read()

    def _wait(self, file: int, event: int) -> None:
        deadline = self._deadline or Deadline.within(process.LONGEST_S)
        poll = select.poll()
        poll.register(file, event)
        while not deadline.passed:
            if poll.poll(deadline.wait_s * 1000):
                return
        raise too_slow(self._arguments, deadline.span_s)


class _Patient(io.RawIOBase):
    """Reads a descriptor, and waits for it with an end."""

    def __init__(self, file: int, wait: Callable[[int, int], None]) -> None:
        self._file = file
        self._wait = wait

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any, /) -> int:  # Any: the type of a buffer that can be written has no name before Python 3.12
        self._wait(self._file, select.POLLIN)
        return os.readv(self._file, [buffer])


def _given(stream: IO[bytes] | None) -> IO[bytes]:
    if stream is None:
        raise AssertionError("asked for as a pipe")
    return stream
