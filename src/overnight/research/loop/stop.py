"""Ends a session: after the running trials at a deadline or a request, at once at a second request."""

import math
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import anyio

from overnight.research.ending import Ending, EndReason

PERSONS = frozenset({EndReason.INTERRUPT, EndReason.SIGNAL, EndReason.STOP})  # a further request ends what runs


class Stop:
    """Checked before every trial; says why no further one may start."""

    def __init__(self) -> None:
        self.ending: Ending | None = None
        self.at_once = anyio.CancelScope()
        self._deadline = math.inf
        self._over: Ending | None = None
        self._waits: set[anyio.CancelScope] = set()
        self.heard: Callable[[Ending], None] = lambda _: None  # told of each request by an order
        self._woken = False
        self._naps: set[anyio.CancelScope] = set()

    @property
    def requested(self) -> bool:
        """Whether no further trial may start."""
        if self.ending is None and time.monotonic() >= self._deadline:
            self.ending = self._over
        return self.ending is not None

    def after(self, seconds: float, ending: Ending) -> None:
        """Stop once this much time has passed on the monotonic clock; waits that are under way last until then, too."""
        self._deadline = time.monotonic() + seconds
        self._over = ending
        for scope in self._waits:
            scope.deadline = anyio.current_time() + seconds

    def request(self, ending: Ending) -> None:
        """Stop when the running trials are recorded; the first reason counts."""
        self.ending = self.ending or ending
        self._end_waits()

    def order(self, ending: Ending) -> None:
        """As `request`, for `overnight stop`; each one is acknowledged."""
        self.request(ending)
        self.heard(ending)

    def wake(self) -> None:
        """Let whatever waits for orders look for them now."""
        self._woken = True
        for scope in self._naps:
            scope.cancel()

    async def nap(self, seconds: float) -> bool:
        """Wait for so long, or until woken; whether it was."""
        with anyio.move_on_after(0.0 if self._woken else seconds) as scope:
            self._naps.add(scope)
            try:
                await anyio.sleep_forever()
            finally:
                self._naps.discard(scope)
        woken, self._woken = self._woken, False
        return woken

    def interrupt(self, ending: Ending) -> None:
        """A request at the terminal: first as `request`; a further one, or one after `overnight stop`, cancels what runs."""
        if self.ending and self.ending.reason in PERSONS:
            self.at_once.cancel()
        self.ending = ending
        self._end_waits()

    @contextmanager
    def waiting(self) -> Iterator[anyio.CancelScope]:
        """A wait, such as a proposal under way or a pause, that is cancelled as soon as a stop is requested."""
        left_s = self._deadline - time.monotonic()
        with anyio.move_on_after(None if math.isinf(left_s) else left_s) as scope:
            if self.requested:
                scope.cancel()
            self._waits.add(scope)
            try:
                yield scope
            finally:
                self._waits.discard(scope)

    def _end_waits(self) -> None:
        for scope in self._waits:
            scope.cancel()
