"""How many wrong tokens came lately: a guess has no chance anyway, and a flood of them shall cost and show little."""

import time
from collections import deque
from collections.abc import Callable

MOST = 30  # of each minute and address
WINDOW_S = 60.0
ADDRESSES = 1_000  # that are remembered


class Attempts:
    """Wrong tokens by the address that they came from. A right one is never refused, so nobody can lock the owner out."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._times: dict[str, deque[float]] = {}

    def counts(self, address: str) -> bool:
        """Count a wrong token; whether there were not too many."""
        now = self._clock()
        times = self._times.pop(address, deque())
        while times and times[0] <= now - WINDOW_S:
            times.popleft()
        if within := len(times) < MOST:
            times.append(now)
        self._times[address] = times  # the newest is last
        if len(self._times) > ADDRESSES:
            self._times.pop(next(iter(self._times)))
        return within
