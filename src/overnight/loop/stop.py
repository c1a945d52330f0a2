"""Ending a session: by a deadline or a request in good order, by a second request at once."""

import math
import time

import anyio


class Stop:
    """Looked at before every trial; the reason is one word, then a colon and the details for people."""

    def __init__(self) -> None:
        self.reason = ""
        self.at_once = anyio.CancelScope()
        self._deadline = math.inf

    @property
    def requested(self) -> bool:
        """Whether no further trial may start."""
        if not self.reason and time.monotonic() >= self._deadline:
            self.reason = "budget: the hours are spent"
        return bool(self.reason)

    def after(self, seconds: float) -> None:
        """Stop once this much time has passed on the monotonic clock."""
        self._deadline = time.monotonic() + seconds

    def request(self, reason: str) -> None:
        """Stop when the running trials are recorded; the first reason counts."""
        self.reason = self.reason or reason

    def interrupt(self, reason: str) -> None:
        """A person asks: the first time as `request`, the second time cancel what runs."""
        if self.reason.startswith("signal"):
            self.at_once.cancel()
        self.reason = reason
