"""Trial slots: how many trials may run at once, each on its own share of the machine."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import anyio


class Slots:
    """A fixed number of slots; a job that holds one shares it with nobody."""

    def __init__(self, count: int) -> None:
        self.count = count
        self._free = list(range(count))
        self._available = anyio.Semaphore(count)

    @asynccontextmanager
    async def lease(self) -> AsyncIterator[int]:
        """Wait for a slot and hold it."""
        async with self._available:
            slot = self._free.pop(0)
            try:
                yield slot
            finally:
                self._free.append(slot)
