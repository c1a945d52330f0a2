"""MCP over standard input and output: a line is a message.

Nothing else can get there: what this process or a child of it prints goes to standard error, and a child reads nothing.

Does not cover: a client that never reads. Its answers are not kept: we stop reading from it.
"""

import os
import signal
import threading
from collections.abc import Callable, Iterator
from contextlib import suppress
from typing import TYPE_CHECKING

from overnight.web.mcp.dispatcher import Dispatcher
from overnight.web.mcp.messages import INVALID, Failure
from overnight.web.mcp.session import Session

if TYPE_CHECKING:
    from overnight.web.calls import Caller

MOST_BYTES = 1 << 20  # of a message
PIECE = 1 << 16
ENDING_S = 2.0  # for calls under way at a signal; what is killed then is looked at again at the next call


class _Ended(BaseException):
    """A signal asks for the end."""


def serve(caller_named: "Callable[[str], Caller]") -> None:
    """Answer the client until they close standard input, or a signal comes."""
    reads, writes = _own_streams()
    lock = threading.Lock()
    gone = threading.Event()

    def send(line: bytes) -> None:
        with lock:
            try:
                rest = memoryview(line)
                while rest and not gone.is_set():
                    rest = rest[os.write(writes, rest) :]
            except OSError:
                gone.set()

    session = Session(Dispatcher(caller_named), send)
    signal.signal(signal.SIGTERM, _end)
    try:
        for line in _lines(reads):
            if line is None:
                session.fail(None, Failure(INVALID, f"a message has at most {MOST_BYTES:,} bytes"))
            elif line.strip():
                session.receive(line)
            if gone.is_set():
                break
        session.end()
    except (_Ended, KeyboardInterrupt):
        signal.signal(signal.SIGTERM, signal.SIG_DFL)
        session.end(wait_s=ENDING_S)


def _own_streams() -> tuple[int, int]:
    """Copies of standard input and output that nobody else has."""
    reads, writes = os.dup(0), os.dup(1)
    nothing = os.open(os.devnull, os.O_RDONLY)
    os.dup2(nothing, 0)
    os.close(nothing)
    os.dup2(2, 1)
    return reads, writes


def _lines(descriptor: int) -> Iterator[bytes | None]:
    """Each line; None for one that is too long, of which nothing is kept."""
    kept, skips = bytearray(), False
    while piece := _read(descriptor):
        *whole, rest = piece.split(b"\n")
        for end in whole:
            if skips or len(kept) + len(end) > MOST_BYTES:
                yield None
            else:
                yield bytes(kept + end)
            kept.clear()
            skips = False
        kept += rest
        if len(kept) > MOST_BYTES:
            kept.clear()
            skips = True
    if kept:
        yield bytes(kept)


def _read(descriptor: int) -> bytes:
    with suppress(OSError):
        return os.read(descriptor, PIECE)
    return b""


def _end(_number: int, _frame: object) -> None:
    raise _Ended
