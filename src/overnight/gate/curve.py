"""Reads the curve that a trial prints while it runs, for its value at 30 % of the run.

Every byte of it is foreign: time is linear in the length of the lines, memory is bounded by one line, and only a plain finite
number is a point of the curve.
"""

import re
from collections.abc import Iterator
from contextlib import suppress

from overnight.program.metric import LARGEST, MAX_LINE

LOOKED_AT = 0.3  # share of a run; a trial is judged by its first point from here on
TOO_LATE = 0.5  # a first point from here on is too late to compare with those of other trials
_PERCENT = 100.0
_ENDS = re.compile(rb"[\r\n]")  # a progress bar overwrites its line


class CurveReader:
    """Looks for the first point at 30 % of a run."""

    def __init__(self, pattern: str) -> None:
        """`pattern` has the groups steps done, total steps and value; or percent done and value."""
        self._pattern = re.compile(pattern)
        self._begun = b""  # the start of an unfinished line
        self._long = False  # the line is too long to be a point
        self._over = False  # the first point was seen
        self.value: float | None = None

    def read(self, chunk: bytes) -> float | None:
        """Read more of the output; return the value if it was found just now."""
        if self._over:
            return None
        for line in self._lines(chunk):
            share, value = self._point(line)
            if share >= LOOKED_AT:
                self._over = True
                self.value = value if share < TOO_LATE else None
                return self.value
        return None

    def _lines(self, chunk: bytes) -> Iterator[bytes]:
        """The lines that end in the chunk; the start of an unfinished one is kept for the next chunk."""
        *ended, rest = _ENDS.split(chunk)
        for line in ended:
            whole, self._begun = self._begun + line, b""
            if not self._long and len(whole) <= MAX_LINE:
                yield whole
            self._long = False
        self._long = self._long or len(self._begun) + len(rest) > MAX_LINE
        self._begun = b"" if self._long else self._begun + rest

    def _point(self, line: bytes) -> tuple[float, float]:
        """The share of the run and the value; a share of -1 means that the line is not a point."""
        found = self._pattern.search(line.decode(errors="replace"))
        with suppress(ValueError, ZeroDivisionError, TypeError):  # TypeError: a group that matched nothing
            done, *of, value = map(float, found.groups() if found else ())
            if abs(value) <= LARGEST:
                return done / (of[0] if of else _PERCENT), value
        return -1.0, 0.0
