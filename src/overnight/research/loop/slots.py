"""Trial slots: how many trials run at once, each on its own share of the machine, and who gets the next free one."""

import heapq
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from enum import IntEnum
from itertools import count

import anyio

from overnight.gate.trial import TrialKey


class Urgency(IntEnum):
    """What a slot is wanted for; the lowest goes first, and of the same urgency the lowest experiment."""

    HEAD = 0  # no experiment goes on before the head is measured
    TEST = 1  # the sooner a test ends, the fewer proposals are measured against a head that it replaces
    SCREEN = 2  # it and a search take turns, if both wait
    SEARCH = 3
    AHEAD = 4  # a pair that may turn out not to be needed


@dataclass(order=True, slots=True)
class _Waiter:
    urgency: Urgency
    experiment: int
    turn: int
    key: TrialKey | None = field(compare=False)
    ready: anyio.Event = field(default_factory=anyio.Event, compare=False)
    slot: int | None = field(default=None, compare=False)  # that was handed over


class Slots:
    """A fixed number of slots; a job that holds one shares it with nobody."""

    def __init__(self, number: int) -> None:
        self.count = number
        self._free = list(range(number))
        self._waiting: list[_Waiter] = []
        self._turns = count()
        self._screened_last = False  # of a screening and a search
        self._idle = anyio.Event()  # set while a slot is free
        self._idle.set()

    @asynccontextmanager
    async def lease(self, urgency: Urgency = Urgency.HEAD, key: TrialKey | None = None) -> AsyncIterator[int]:
        """Wait for a slot and hold it; `key` is the trial that it is for, if it is for one."""
        slot = await self._take(urgency, key)
        try:
            yield slot
        finally:
            self._give(slot)

    @property
    def free(self) -> int:
        """How many slots nobody holds or waits for."""
        return len(self._free)

    async def idle(self) -> None:
        """Wait until a slot is free."""
        await self._idle.wait()

    def hasten(self, key: TrialKey, urgency: Urgency) -> None:
        """Make a trial that may still wait for its slot more urgent."""
        for waiter in self._waiting:
            if waiter.key == key:
                waiter.urgency = min(waiter.urgency, urgency)
        heapq.heapify(self._waiting)

    async def _take(self, urgency: Urgency, key: TrialKey | None) -> int:
        if self._free:
            slot = heapq.heappop(self._free)
            if not self._free:
                self._idle = anyio.Event()
            return slot
        waiter = _Waiter(urgency, key.experiment if key else 0, next(self._turns), key)
        heapq.heappush(self._waiting, waiter)
        try:
            await waiter.ready.wait()
        except anyio.get_cancelled_exc_class():
            if waiter.slot is None:
                self._waiting.remove(waiter)
                heapq.heapify(self._waiting)
            else:
                self._give(waiter.slot)
            raise
        if waiter.slot is None:
            raise RuntimeError("a slot was announced and not handed over")
        return waiter.slot

    def _give(self, slot: int) -> None:
        if self._waiting:
            waiter = self._next()
            waiter.slot = slot
            waiter.ready.set()
        else:
            heapq.heappush(self._free, slot)
            self._idle.set()

    def _next(self) -> _Waiter:
        """Take out who goes next: the most urgent, but a screening and a search take turns, so that neither starves."""
        waiter = self._waiting[0]
        if waiter.urgency is Urgency.SCREEN and self._screened_last:
            waiter = min((one for one in self._waiting if one.urgency is Urgency.SEARCH), default=waiter)
        if waiter.urgency in {Urgency.SCREEN, Urgency.SEARCH}:
            self._screened_last = waiter.urgency is Urgency.SCREEN
        self._waiting.remove(waiter)
        heapq.heapify(self._waiting)
        return waiter
