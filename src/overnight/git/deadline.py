"""When something that may ask git many times has to have ended, however many processes and files that takes."""

import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Self

LOOK_S = 0.1  # between two looks at whether the caller still waits, far below what a person notices


@dataclass(frozen=True, slots=True, kw_only=True)
class Deadline:
    """A moment, passed down to everything that has to have ended by then; `check` raises if nobody waits any more."""

    span_s: float
    at: float  # by the clock
    clock: Callable[[], float] = time.monotonic
    check: Callable[[], None] | None = None

    @classmethod
    def within(
        cls, span_s: float, *, clock: Callable[[], float] = time.monotonic, check: Callable[[], None] | None = None
    ) -> Self:
        """A deadline that begins now."""
        return cls(span_s=span_s, at=clock() + span_s, clock=clock, check=check)

    def at_most(self, span_s: float) -> Self:
        """The same deadline, or one that many seconds from now if that is earlier."""
        at = self.clock() + span_s
        return replace(self, span_s=span_s, at=at) if at < self.at else self

    @property
    def passed(self) -> bool:
        """Whether it is over; raises what `check` does if the caller has given up."""
        if self.check:
            self.check()
        return self.clock() >= self.at

    @property
    def wait_s(self) -> float:
        """How long to wait before the next look at `passed`."""
        left_s = max(0.0, self.at - self.clock())
        return min(left_s, LOOK_S) if self.check else left_s
