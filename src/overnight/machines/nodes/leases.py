"""Leases on the node's own clock: what the head does not renew in time has ended."""

from collections.abc import Callable

LEASE_S = 120.0


class Leases:
    """Names with the time at which each ends."""

    def __init__(self, clock: Callable[[], float], length_s: float = LEASE_S) -> None:
        """`clock` is monotonic, in seconds."""
        self._clock = clock
        self._length_s = length_s
        self._ends: dict[str, float] = {}

    def renew(self, name: str) -> None:
        """Begin a lease, or prolong it to its full length from now on."""
        self._ends[name] = self._clock() + self._length_s

    def release(self, name: str) -> None:
        """Forget a lease."""
        self._ends.pop(name, None)

    def lapsed(self) -> list[str]:
        """The names whose lease has ended; they stay until they are released."""
        now = self._clock()
        return [name for name, end in self._ends.items() if end <= now]
