"""Reads the curve that a trial prints while it runs: its value at 30 % of the run, and a few points to show.

Every byte of it is foreign: time is linear in the length of the lines, memory is bounded by one line, and only a plain finite
number is a point of the curve.
"""

import re
from collections.abc import Iterator
from contextlib import suppress

from overnight.program.metric import LARGEST, MAX_LINE

LOOKED_AT = 0.3  # share of a run; a trial is judged by its first point from here on
SHOWN_AT = (0.1, 0.3, 0.6)  # shares of a run whose first points are kept to show, beside the last point
TOO_LATE = 0.5  # a first point from here on is too late to compare with those of other trials
_PERCENT = 100.0
_ENDS = re.compile(rb"[\r\n]")  # a progress bar overwrites its line


class CurveReader:
    """Looks for the first point at 30 % of a run, and keeps a few points of all of it."""

    def __init__(self, pattern: str) -> None:
        """`pattern` has the groups steps done, total steps and value; or percent done and value."""
        self._pattern = re.compile(pattern)
        self._begun = b""  # the start of an unfinished line
        self._long = False  # the line is too long to be a point
        self._over = False  # the first point was seen
        self._points: list[tuple[float, float]] = []  # at the shares to show, as far as they were passed
        self._last: tuple[float, float] | None = None  # the farthest point
        self.value: float | None = None

    @property
    def points(self) -> tuple[tuple[float, float], ...]:
        """A few points so far, as shares of the run and values; the last one is the farthest."""
        last = self._last
        return (*self._points, *([last] if last and last not in self._points else []))

    def read(self, chunk: bytes) -> float | None:
        """Read more of the output; return the value if it was found just now."""
        found = None
        for line in self._lines(chunk):
            share, value = self._point(line)
            if share >= LOOKED_AT and not self._over:
                self._over = True
                self.value = found = value if share < TOO_LATE else None
            self._keep(share, value)
        return found

    def _keep(self, share: float, value: float) -> None:
        if not 0.0 <= share <= 1.0 or (self._last and share < self._last[0]):
            return
        self._last = (share, value)
        passed = len(self._points)
        if passed < len(SHOWN_AT) and share >= SHOWN_AT[passed]:
            self._points.append(self._last)

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
