"""Ending a session: by a deadline or a request in good order, by a second request at once."""

import math
import time
from collections.abc import Iterator
from contextlib import contextmanager

import anyio


class Stop:
    """Looked at before every trial; the reason is one word, then a colon and the details for people."""

    def __init__(self) -> None:
        self.reason = ""
        self.at_once = anyio.CancelScope()
        self._deadline = math.inf
        self._over = ""
        self._waits: set[anyio.CancelScope] = set()

    @property
    def requested(self) -> bool:
        """Whether no further trial may start."""
        if not self.reason and time.monotonic() >= self._deadline:
            self.reason = self._over
        return bool(self.reason)

    def after(self, seconds: float, reason: str) -> None:
        """Stop once this much time has passed on the monotonic clock."""
        self._deadline = time.monotonic() + seconds
        self._over = reason

    def request(self, reason: str) -> None:
        """Stop when the running trials are recorded; the first reason counts."""
        self.reason = self.reason or reason
        self._end_waits()

    def interrupt(self, reason: str) -> None:
        """A person asks at the terminal: the first time as `request`, then, or after `overnight stop`, cancel what runs."""
        if self.reason.startswith(("signal", "stop")):
            self.at_once.cancel()
        self.reason = reason
        self._end_waits()

    @contextmanager
    def waiting(self) -> Iterator[anyio.CancelScope]:
        """A wait that no stop waits for: a proposal in the making, a pause. It is cancelled as soon as one is requested."""
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
