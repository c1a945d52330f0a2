"""Trial slots: how many trials run at once, each on its own share of a machine, and who gets the next free one."""

from collections.abc import AsyncIterator, Callable, Iterable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from enum import IntEnum
from itertools import count

import anyio

from overnight.gate.trial import TrialKey
from overnight.machines.place import Place


class Urgency(IntEnum):
    """What a slot is wanted for; the lowest goes first, and of the same urgency the lowest experiment."""

    HEAD = 0  # no experiment goes on before the head is measured
    TEST = 1  # the sooner a test ends, the fewer proposals are measured against a head that it replaces
    SCREEN = 2  # it and a search take turns, if both wait
    SEARCH = 3
    AHEAD = 4  # a pair that may turn out not to be needed


def anywhere() -> str | None:
    """A trial that may run on each node."""
    return None


@dataclass(order=True, slots=True)
class _Waiter:
    urgency: Urgency
    experiment: int
    turn: int
    key: TrialKey | None = field(compare=False)
    node: Callable[[], str | None] = field(compare=False)  # where alone it may run by now; None: anywhere
    ready: anyio.Event = field(default_factory=anyio.Event, compare=False)
    place: Place | None = field(default=None, compare=False)  # that was handed over


class Slots:
    """The slots of a session; a job that holds one shares it with nobody. Those of nodes come and go."""

    def __init__(self, places: Iterable[Place] = (), *, expected: int = 0) -> None:
        """`expected`: how many there will be once the nodes have joined."""
        self._places: dict[int, Place] = {}
        self._expected = expected
        self._free = set[int]()
        self._held: dict[TrialKey, Place] = {}
        self._waiting: list[_Waiter] = []
        self._turns = count()
        self._screened_last = False  # of a screening and a search
        self._idle = anyio.Event()  # set while a slot is free
        self.changed: Callable[[], None] = lambda: None  # called when there are more or fewer
        for place in places:
            self.add(place)

    @property
    def count(self) -> int:
        """How many there are, or will be."""
        return max(len(self._places), self._expected, 1)

    @property
    def nodes(self) -> set[str]:
        """The nodes that have slots now."""
        return {place.node for place in self._places.values()}

    def add(self, place: Place) -> None:
        """A slot more, with a number that none had before."""
        self._places[place.slot] = place
        self._free.add(place.slot)
        self.changed()
        self._hand_out()

    def withdraw(self, node: str) -> None:
        """A node is gone: its slots are handed to nobody from now on, and those who hold one keep it until they end."""
        self._places = {slot: place for slot, place in self._places.items() if place.node != node}
        self._free &= self._places.keys()
        self.changed()
        self._hand_out()

    def abandon(self, place: Place) -> None:
        """Whoever holds this slot found its node gone; it may be known, and the node be back with slots anew."""
        if self._places.get(place.slot) is place:
            self.withdraw(place.node)

    @asynccontextmanager
    async def lease(
        self, urgency: Urgency = Urgency.HEAD, key: TrialKey | None = None, node: Callable[[], str | None] = anywhere
    ) -> AsyncIterator[Place]:
        """Wait for a slot and hold it; `key` is the trial that it is for, if it is for one, `node` says where it must be."""
        place = await self._take(urgency, key, node)
        try:
            yield place
        finally:
            self._give(place, key)

    @property
    def waiting(self) -> int:
        """How many wait for one."""
        return len(self._waiting)

    @property
    def free(self) -> int:
        """How many slots nobody holds, and nobody who waits may have."""
        return len(self._free)

    def holding(self, is_it: Callable[[TrialKey], bool]) -> Place | None:
        """Where the first such trial runs now."""
        return next((place for key, place in self._held.items() if is_it(key)), None)

    async def idle(self) -> None:
        """Wait until a slot is free."""
        await self._idle.wait()

    def hasten(self, key: TrialKey, urgency: Urgency) -> None:
        """Make a trial that may still wait for its slot more urgent."""
        for waiter in self._waiting:
            if waiter.key == key:
                waiter.urgency = min(waiter.urgency, urgency)

    async def _take(self, urgency: Urgency, key: TrialKey | None, node: Callable[[], str | None]) -> Place:
        waiter = _Waiter(urgency, key.experiment if key else 0, next(self._turns), key, node)
        self._waiting.append(waiter)
        self._hand_out()
        if waiter.place is None:
            try:
                await waiter.ready.wait()
            except anyio.get_cancelled_exc_class():
                if waiter.place is None:
                    self._waiting.remove(waiter)
                else:
                    self._give(waiter.place, key)
                raise
        if waiter.place is None:
            raise RuntimeError("a slot was announced and not handed over")
        return waiter.place

    def _give(self, place: Place, key: TrialKey | None) -> None:
        if key is not None:
            del self._held[key]
        if self._places.get(place.slot) is place:  # else its node was lost, and may be here again with the same slots
            self._free.add(place.slot)
        self._hand_out()

    def _hand_out(self) -> None:
        """Give free slots to those who wait, as long as one of them may have one."""
        while self._free and (found := self._next()):
            waiter, place = found
            self._free.remove(place.slot)
            self._waiting.remove(waiter)
            if waiter.urgency in {Urgency.SCREEN, Urgency.SEARCH}:
                self._screened_last = waiter.urgency is Urgency.SCREEN
            waiter.place = place
            if waiter.key is not None:
                self._held[waiter.key] = place
            waiter.ready.set()
        if self._free:
            self._idle.set()
        elif self._idle.is_set():
            self._idle = anyio.Event()

    def _next(self) -> tuple[_Waiter, Place] | None:
        """Who goes next, and where: the most urgent, but a screening and a search take turns, so that neither starves."""
        places = {waiter.turn: place for waiter in self._waiting if (place := self._fitting(waiter.node()))}
        able = [waiter for waiter in self._waiting if waiter.turn in places]
        if not able:
            return None
        waiter = min(able)
        if waiter.urgency is Urgency.SCREEN and self._screened_last:
            waiter = min((one for one in able if one.urgency is Urgency.SEARCH), default=waiter)
        return waiter, places[waiter.turn]

    def _fitting(self, node: str | None) -> Place | None:
        """The first free slot, on that node if one is named."""
        slots = (slot for slot in self._free if node is None or self._places[slot].node == node)
        slot = min(slots, default=None)
        return None if slot is None else self._places[slot]
