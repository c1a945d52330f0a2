"""Runs pairs of a test before those under way have ended: on idle slots, and side by side where there are many slots."""

from dataclasses import dataclass, field

import anyio

from overnight.gate.trial import Arm
from overnight.research.loop.measurement import Measurement
from overnight.research.loop.scheduler import Scheduler
from overnight.research.loop.slots import Urgency
from overnight.research.loop.turns import Turns

SLOTS_PER_PAIR = 4  # slots for which one pair of a test runs: the others screen; see bench/gate/parallel.py
GRACE_S = 0.02  # a slot that was just given back is usually taken again at once, for a trial that is needed


@dataclass(slots=True, kw_only=True)
class PairsAhead:
    """The experiments that are measured now, and the pairs that may run in advance."""

    scheduler: Scheduler
    turns: Turns
    measured: dict[int, Measurement] = field(default_factory=dict)  # by experiment
    _changed: anyio.Event = field(default_factory=anyio.Event)  # set and replaced when there may be another pair to run

    async def keep_running(self) -> None:
        """While slots are idle, run the next pairs of open tests, or let another test begin; until cancelled."""
        while True:
            await self.scheduler.slots.idle()
            await anyio.sleep(GRACE_S)
            if self.scheduler.slots.free and not self._start_one() and not self.turns.next():
                await self._changed.wait()

    def widen(self, measurement: Measurement) -> None:
        """Run several pairs of a test side by side on many slots, or on all if others wait for their turn to be tested."""
        width = self.scheduler.slots.count // (len(Arm) if self.turns.waiting else SLOTS_PER_PAIR)
        while len({key.index for key in measurement.running}) < width:
            ahead = measurement.ahead()
            if ahead is None:
                return
            measurement.start(ahead.trials, Urgency.TEST)

    def announce(self) -> None:
        """A trial or a test began or ended."""
        self._changed.set()
        self._changed = anyio.Event()

    def _start_one(self) -> bool:
        """Start the next trial of the oldest test that has one left to run ahead; whether there was one."""
        if self.scheduler.stop.requested:
            return False
        for _, measurement in sorted(self.measured.items()):
            if ahead := measurement.ahead():
                measurement.start(sorted(ahead.trials, key=self.scheduler.order)[:1], Urgency.AHEAD)
                return True
        return False
