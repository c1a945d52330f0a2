"""Standard output and error of a session: a reader who does not read, such as a pager or a stopped terminal, holds nothing up.

What cannot be written at once is written by a thread. What is not read waits for it, up to a limit, and what comes after that
is left out; the campaign, Ctrl-C and `overnight stop` go on meanwhile.

Does not cover: what is printed before and after a session.
"""

import io
import math
import os
import select
import stat
import threading
import time
from collections import deque
from typing import TextIO

MOST_BYTES = 256 * 1024  # that wait to be read
_LOOK_S = 1.0
_PIPE_BYTES, _TERMINAL_BYTES = 512, 256  # for which there is room where the kernel says that there is some


class Outlet:
    """A stream of text whose `write` returns at once; one that is no file of the system's is written to directly."""

    def __init__(self, stream: TextIO | None) -> None:
        """None: the process was started without it."""
        self._stream = stream or io.StringIO()
        self._stream.flush()  # what was printed before this comes first
        self._descriptor = _descriptor(self._stream)
        self._at_once = _at_once(self._descriptor)
        self._waiting: deque[bytes] = deque()
        self._size = 0  # bytes that wait, with those that are being written
        self._changed = threading.Condition()
        self._lost = False  # nobody can read any more

    @property
    def encoding(self) -> str:
        """What the text is written in."""
        return self._stream.encoding

    def isatty(self) -> bool:
        """Whether a terminal shows it."""
        return self._stream.isatty()

    def fileno(self) -> int:
        """The descriptor of the stream."""
        return self._stream.fileno()

    def say(self, line: str) -> None:
        """Write a line."""
        self.write(f"{line}\n")

    def write(self, text: str) -> int:
        """Take some text to be written, or leave it out where too much waits already."""
        if self._descriptor is None:
            self._stream.write(text)
            return len(text)
        content = text.encode(self.encoding, "replace")
        with self._changed:
            if not content or self._lost or self._size + len(content) > MOST_BYTES:
                return len(text)
            if not self._size and len(content) <= self._at_once and select.select([], [self._descriptor], [], 0)[1]:
                self._lost = not _write(self._descriptor, content)  # so that standard output and error keep their order
            else:
                if not self._size:
                    threading.Thread(target=self._empty, args=(self._descriptor,), daemon=True).start()
                self._waiting.append(content)
                self._size += len(content)
        return len(text)

    def flush(self) -> None:
        """Nothing to do: all is on its way."""

    def settle(self, patience_s: float = math.inf) -> None:
        """Wait until all is read, but no longer than `patience_s`."""
        until = time.monotonic() + patience_s
        with self._changed:
            while self._size and (left_s := until - time.monotonic()) > 0.0:
                self._changed.wait(min(left_s, _LOOK_S))

    def _empty(self, descriptor: int) -> None:
        """In the thread: write what waits, and end when there is nothing."""
        with self._changed:
            while self._waiting:
                content = self._waiting.popleft()
                self._changed.release()
                try:
                    lost = not _write(descriptor, content)
                finally:
                    self._changed.acquire()
                self._size -= len(content)
                if lost:
                    self._lost, self._size = True, 0
                    self._waiting.clear()
                self._changed.notify_all()


def _write(descriptor: int, content: bytes) -> bool:
    """Write all of it, however long that takes; False if nobody can read it any more."""
    left = memoryview(content)
    while left:
        try:
            left = left[os.write(descriptor, left) :]
        except BlockingIOError:  # whoever gave it to us does not want to wait, but we do
            select.select([], [descriptor], [])
        except OSError:  # a closed pipe, a terminal that is gone, a full disk behind it
            return False
    return True


def _at_once(descriptor: int | None) -> float:
    """How many bytes can be written without a wait when the kernel says that there is room."""
    if descriptor is None:
        return math.inf
    kind = os.fstat(descriptor).st_mode
    if stat.S_ISREG(kind):
        return math.inf
    return _TERMINAL_BYTES if stat.S_ISCHR(kind) else _PIPE_BYTES


def _descriptor(stream: TextIO) -> int | None:
    try:
        return stream.fileno()
    except (OSError, ValueError):  # it is in memory
        return None
