"""The lines that an agent sends, within limits: the length of a line, what it holds, how much comes in all and at a time.

What is bounded: our memory, because a short text like `{},` becomes an object of some hundred bytes; and how long the event
loop has no turn, because a line that has arrived is read without waiting.

Does not cover: what the lines mean (`peer.py`).
"""

import asyncio
import re
from dataclasses import dataclass
from itertools import islice

from overnight.agents.port import TurnFailed


@dataclass(frozen=True, slots=True, kw_only=True)
class IncomingLimits:
    """What an agent may send in one session."""

    line_bytes: int = 8 * 1024**2  # agents send whole files as one line
    values: int = 50_000  # in one line; a list of a thousand models, each named in two places, has 20,000
    lines: int = 4_000_000  # ten hours of a message for each token
    total_bytes: int = 4 * 1024**3  # of each tool's whole output again and again, as some agents send it
    lines_at_once: int = 32  # until other tasks have a turn; some ten microseconds each
    bytes_at_once: int = 64 * 1024  # as above; as much as the kernel hands over at a time


LIMITS = IncomingLimits()
# A string, or what begins another value. One that does not end matches too: no byte is looked at twice.
_VALUE = re.compile(rb'"(?:[^"\\]++|\\.)*+"?+|[\[{,]', re.DOTALL)
_SMALLEST_VALUE = 2  # bytes, with what separates it from the next


class Incoming:
    """Reads what one agent sends."""

    def __init__(self, reader: asyncio.StreamReader, limits: IncomingLimits = LIMITS) -> None:
        """`reader` has `limits.line_bytes` as its limit."""
        self._reader = reader
        self._limits = limits
        self._lines = self._bytes = 0
        self._lines_now = self._bytes_now = 0  # since other tasks had a turn

    async def next_line(self) -> bytes:
        """The next line with at most `values` values in it; longer ones are left out. Empty at the end.

        Raises:
            TurnFailed: it sends more than it may.
            OSError: the connection broke.
        """
        while line := await self._read():
            if not self._has_too_many_values(line):
                break
        return line

    async def _read(self) -> bytes:
        if self._lines_now >= self._limits.lines_at_once or self._bytes_now >= self._limits.bytes_at_once:
            self._lines_now = self._bytes_now = 0
            await asyncio.sleep(0)
        try:
            line = await self._reader.readline()
        except ValueError as error:
            raise TurnFailed(f"the agent sent a line of over {self._limits.line_bytes:,} bytes") from error
        self._lines, self._lines_now = self._lines + 1, self._lines_now + 1
        self._bytes, self._bytes_now = self._bytes + len(line), self._bytes_now + len(line)
        if self._lines > self._limits.lines:
            raise TurnFailed(f"the agent sent over {self._limits.lines:,} messages")
        if self._bytes > self._limits.total_bytes:
            raise TurnFailed(f"the agent sent over {self._limits.total_bytes:,} bytes")
        return line

    def _has_too_many_values(self, line: bytes) -> bool:
        """Whether it would become too many objects; counting stops there, so that it costs little."""
        most = self._limits.values
        return len(line) > _SMALLEST_VALUE * most and _count(line, most + 1) > most


def _count(line: bytes, most: int) -> int:
    """How many values a line of JSON has, or a few more; at most `most`."""
    return sum(1 for _ in islice(_VALUE.finditer(line), most))
