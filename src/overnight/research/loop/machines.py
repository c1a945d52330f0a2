"""The machines of a session: their slots as they come and go, and which of them measure alike."""

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass, field
from typing import Protocol

import anyio

from overnight.errors import UserError
from overnight.machines.place import Place
from overnight.research.events import NodeJoined, NodeLost, Noted
from overnight.research.loop.journal import Journal
from overnight.research.loop.orders import meanwhile
from overnight.research.loop.slots import Slots
from overnight.research.loop.stop import Stop
from overnight.words.quantities import counted

# For which those that are awaited may take, before one is left out as it differs from the others.
TENDING_S = 5.0
REST_S = 30.0
GATHERING_S = 60.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Arrival:
    """A machine that jobs may run on."""

    node: str
    slots: Sequence[int]  # by the numbers that `Job.slot` takes
    speed_class: str  # what must be the same for trials on two machines to be compared
    facts: Mapping[str, str]  # for the record
    devices: Sequence[tuple[str, ...]] = ()  # of each slot
    trouble: UserError | None = None  # what a person should see to, though it can be used


@dataclass(frozen=True, slots=True, kw_only=True)
class Signs:
    """What is told of machines."""

    arrived: Callable[[Arrival], None]
    lost: Callable[[str, str], None]  # its name, and why
    refused: Callable[[str, UserError], None]  # it came, and cannot be used


class Machines(Protocol):
    """The seam of machines: they run jobs by the number of a slot, see `overnight.machines.nodes`."""

    @property
    def wanted(self) -> int:
        """How many are awaited."""
        ...

    def tend(self, *, waiting: bool) -> Sequence[str]:
        """Called every few seconds: whether trials wait for a slot; returns what a person should know, each once."""
        ...

    def watched(self, signs: Signs) -> AbstractAsyncContextManager[None]:
        """Tell of machines as long as this is entered."""
        ...


@dataclass(slots=True, kw_only=True)
class MachineFollower:
    """Gives a session the slots of its machines, and records who came and went."""

    machines: Machines
    journal: Journal
    slots: Slots
    stop: Stop
    _arrived: dict[str, Arrival] = field(default_factory=dict)
    _refused: dict[str, UserError] = field(default_factory=dict)
    _class: str | None = None  # of the machines that trials run on, once it is known
    _rests: dict[str, float] = field(default_factory=dict)  # machines that could not run a job, and since when
    _news: anyio.Event = field(default_factory=anyio.Event)

    async def follow(self) -> None:
        """Follow them until cancelled.

        Raises:
            UserError: none of those that are awaited can be used.
        """
        signs = Signs(arrived=self._see, lost=self._lose, refused=self._refuse)
        async with self.machines.watched(signs), meanwhile(self._tend):
            with self.stop.waiting():
                await self._gather()
                await anyio.sleep_forever()
            if not self.slots.nodes:
                self.stop.at_once.cancel()  # nobody would end what waits for a slot
            await anyio.sleep_forever()

    async def _tend(self) -> None:
        while True:
            for note in self.machines.tend(waiting=self.slots.waiting > 0):
                self.journal.show(Noted(text=note))
            self._use_again()
            await anyio.sleep(TENDING_S)

    def _use_again(self) -> None:
        """Machines that are here, and could not run a job, join anew once they have rested: their disk may have room again."""
        resting = {one for one, arrival in self._arrived.items() if self._is_alike(arrival)} - self.slots.nodes
        now = anyio.current_time()
        self._rests = {node: self._rests.get(node, now) for node in resting}
        for node, since in self._rests.items():
            if now - since >= REST_S:
                self._use(self._arrived[node])

    def _is_alike(self, arrival: Arrival) -> bool:
        return arrival.speed_class == self._class

    async def _gather(self) -> None:
        """Wait for those that are awaited, then let trials run on those that measure alike."""
        with anyio.move_on_after(GATHERING_S):
            while len(self._arrived) + len(self._refused) < self.machines.wanted:
                await self._wait()
        if not self._arrived and not self._refused:
            self.journal.show(
                Noted(text=f"none of {counted(self.machines.wanted, 'machine')} is there yet; trials wait for one")
            )
        while not self._arrived:
            if len(self._refused) >= self.machines.wanted:
                raise next(iter(self._refused.values()))
            await self._wait()
        self._class = self._usual_class()
        for arrival in list(self._arrived.values()):
            self._use(arrival)

    async def _wait(self) -> None:
        await self._news.wait()

    def _usual_class(self) -> str:
        """The class of earlier trials if it is here, as they are what is compared with; else the one with the most slots."""
        here = Counter[str]()
        for arrival in self._arrived.values():
            here[arrival.speed_class] += len(arrival.slots)
        trials = Counter[str]()
        for node in self.journal.state.nodes.values():
            trials[node.speed_class] += node.trials
        return max(here, key=lambda name: (trials[name], here[name]))

    def _see(self, arrival: Arrival) -> None:
        self._refused.pop(arrival.node, None)
        self._arrived[arrival.node] = arrival
        if self._class is not None:
            self._use(arrival)
        self._tell()

    def _use(self, arrival: Arrival) -> None:
        alike = self._is_alike(arrival)
        why = "" if alike else f"it is {arrival.speed_class}, and trials are compared on {self._class}"
        self.journal.record(
            NodeJoined(
                node=arrival.node,
                slots=len(arrival.slots) if alike else 0,
                speed_class=arrival.speed_class,
                facts=arrival.facts,
                left_out=why,
            )
        )
        for place, slot in enumerate(arrival.slots if alike else ()):
            devices = arrival.devices[place] if arrival.devices else ()
            self.slots.add(Place(node=arrival.node, slot=slot, devices=devices, speed_class=arrival.speed_class))

    def _lose(self, node: str, reason: str) -> None:
        arrival = self._arrived.pop(node, None)
        self.slots.withdraw(node)
        if arrival and self._is_alike(arrival):
            self.journal.record(NodeLost(node=node, reason=reason))
        if not self.slots.nodes:
            self.journal.show(Noted(text="no machine is left: trials wait until one comes"))
            if self.stop.requested:
                self.stop.at_once.cancel()
        self._tell()

    def _refuse(self, node: str, error: UserError) -> None:
        self._refused[node] = error
        self.journal.record(NodeJoined(node=node, slots=0, left_out=str(error)))
        self._tell()

    def _tell(self) -> None:
        self._news.set()
        self._news = anyio.Event()
