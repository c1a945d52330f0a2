"""Standard output and error of a session: a reader that stops reading, such as a pager or a stopped terminal, blocks nothing.

A thread writes what cannot be written at once. Unread output is queued up to a limit, and dropped beyond it; meanwhile the
campaign, Ctrl-C and `overnight stop` keep working.

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

MOST_BYTES = 256 * 1024  # of unread output in the queue
_LOOK_S = 1.0
_PIPE_BYTES, _TERMINAL_BYTES = 512, 256  # that fit when the kernel reports any room


class Outlet:
    """A text stream whose `write` returns at once; a stream without a file descriptor is written to directly."""

    def __init__(self, stream: TextIO | None) -> None:
        """None: the process was started without it."""
        self._stream = stream or io.StringIO()
        self._stream.flush()  # earlier output comes first
        self._descriptor = _descriptor(self._stream)
        self._at_once = _at_once(self._descriptor)
        self._waiting: deque[bytes] = deque()
        self._size = 0  # bytes in the queue, including those being written
        self._changed = threading.Condition()
        self._lost = False  # the reader is gone

    @property
    def encoding(self) -> str:
        """The encoding of the stream."""
        return self._stream.encoding

    def isatty(self) -> bool:
        """Whether the stream is a terminal."""
        return self._stream.isatty()

    def fileno(self) -> int:
        """The descriptor of the stream."""
        return self._stream.fileno()

    def say(self, line: str) -> None:
        """Write a line."""
        self.write(f"{line}\n")

    def write(self, text: str) -> int:
        """Write or queue some text, or drop it if too much is queued already."""
        if self._descriptor is None:
            self._stream.write(text)
            return len(text)
        content = text.encode(self.encoding, "replace")
        with self._changed:
            if not content or self._lost or self._size + len(content) > MOST_BYTES:
                return len(text)
            if not self._size and len(content) <= self._at_once and select.select([], [self._descriptor], [], 0)[1]:
                self._lost = not _write(self._descriptor, content)  # to keep standard output and error in order
            else:
                if not self._size:
                    threading.Thread(target=self._empty, args=(self._descriptor,), daemon=True).start()
                self._waiting.append(content)
                self._size += len(content)
        return len(text)

    def flush(self) -> None:
        """Nothing to do: everything is on its way."""

    def settle(self, patience_s: float = math.inf) -> None:
        """Wait until everything is read, but no longer than `patience_s`."""
        until = time.monotonic() + patience_s
        with self._changed:
            while self._size and (left_s := until - time.monotonic()) > 0.0:
                self._changed.wait(min(left_s, _LOOK_S))

    def _empty(self, descriptor: int) -> None:
        """In the thread: write what is queued, and end when there is nothing left."""
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
    """Write all of it, however long that takes; False if the reader is gone."""
    left = memoryview(content)
    while left:
        try:
            left = left[os.write(descriptor, left) :]
        except BlockingIOError:  # we inherited a non-blocking descriptor, but we want to wait
            select.select([], [descriptor], [])
        except OSError:  # a closed pipe, a terminal that is gone, a full disk
            return False
    return True


def _at_once(descriptor: int | None) -> float:
    """How many bytes can be written without waiting when the kernel reports room."""
    if descriptor is None:
        return math.inf
    kind = os.fstat(descriptor).st_mode
    if stat.S_ISREG(kind):
        return math.inf
    return _TERMINAL_BYTES if stat.S_ISCHR(kind) else _PIPE_BYTES


def _descriptor(stream: TextIO) -> int | None:
    try:
        return stream.fileno()
    except (OSError, ValueError):  # a stream in memory
        return None
