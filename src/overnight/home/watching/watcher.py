"""Asks each device for its state from time to time, and records what changed, what was lost and what answers again.

A device that does not answer is asked ever more seldom, one that was set a moment ago and can hurt more often. Nothing is set
here; see `interlocks.py`.
"""

import time
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from overnight.errors import UserError
from overnight.home.acting.session import look
from overnight.home.port import DeviceError
from overnight.home.record.record import HomeRecord
from overnight.home.things import Device, Value
from overnight.home.watching.afterwards import Afterwards
from overnight.home.watching.heard import write_heard
from overnight.words.foreign import one_line, printable
from overnight.words.quantities import counted

if TYPE_CHECKING:
    from anyio import CapacityLimiter

EVERY_S = 60.0  # between two questions to a device
LONGEST_S = 900.0  # to one that does not answer
SOON_S = 5.0  # after the first failure, or a command
TRIES = 2  # to read it
AT_ONCE = 4  # devices that are asked
LIST_S = 5.0  # between two looks whether a device is new, named or dropped
SPREAD_S = 0.5  # between the first questions to two devices
NOTE_S = 30.0  # between two writes of when each answered
WHY = 200  # characters

Look = Callable[[HomeRecord, Device], Awaitable[Mapping[str, Value]]]


async def _ask(record: HomeRecord, device: Device) -> Mapping[str, Value]:
    return await look(record, device, settle=True, tries=TRIES)


@dataclass(slots=True, kw_only=True)
class _Watched:
    device: Device
    due: float  # by the monotonic clock
    failures: int = 0
    asking: bool = False
    why: str = ""  # it could not be asked


class Watcher:
    """Watches all devices that the owner has named."""

    def __init__(
        self,
        record: HomeRecord,
        *,
        say: Callable[[str], None],
        ask: Look = _ask,
        every_s: float = EVERY_S,
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        self._record, self._say, self._ask = record, say, ask
        self._every_s, self._monotonic = every_s, monotonic
        self._afterwards = Afterwards(record)
        self._watched: dict[int, _Watched] = {}
        self._heard: dict[int, float] = {}
        self._noted = 0.0
        self._listed = -LIST_S

    async def run(self) -> None:
        """Watch until cancelled."""
        from anyio import CapacityLimiter, create_task_group, sleep

        at_once = CapacityLimiter(AT_ONCE)
        async with create_task_group() as tasks:
            while True:
                for each in self.due():
                    each.asking = True
                    tasks.start_soon(self._one, each, at_once)
                await sleep(self.rest_s())

    def due(self) -> list[_Watched]:
        """Those whose time it is; the list of devices is read again when it is old."""
        now = self._monotonic()
        if now - self._listed >= LIST_S:
            self._listed = now
            self._list(now)
        return [each for each in self._watched.values() if not each.asking and each.due <= now]

    def rest_s(self) -> float:
        """Until there may be something to do."""
        now = self._monotonic()
        times = [each.due for each in self._watched.values() if not each.asking]
        return max(0.05, min([self._listed + LIST_S, *times]) - now)

    async def look(self, each: _Watched) -> None:
        """Ask one now."""
        device = each.device
        was_lost = self._record.lost(device.number)
        why = ""
        try:
            values = await self._ask(self._record, device)
        except (DeviceError, UserError) as error:
            why = one_line(str(error), WHY)
            each.failures += 1
        else:
            each.failures = 0
            self._heard[device.number] = self._record.clock()
            if correction := self._afterwards.correction(device, values):
                self._say(correction)
        if why and not each.why and not was_lost:
            self._say(f"{device.alias} does not answer: {printable(why, WHY)}")
        elif not why and (was_lost or each.why):
            self._say(f"{device.alias} answers again")
        each.why = why
        each.due = self._monotonic() + self._pause_s(each.failures)
        self._note()

    def _pause_s(self, failures: int) -> float:
        """The usual one; after a failure soon again, as a moment of the network may have been bad, and then ever longer."""
        if failures == 1:
            return min(SOON_S, self._every_s)
        return min(self._every_s * 2.0 ** min(max(failures - 2, 0), 10), max(LONGEST_S, self._every_s))

    def doing(self) -> str:
        """How many are watched, and how many do not answer."""
        silent = sum(bool(each.why) for each in self._watched.values())
        return f"{counted(len(self._watched), 'device')} watched" + (f", {silent} do not answer" if silent else "")

    async def _one(self, each: _Watched, at_once: "CapacityLimiter") -> None:
        try:
            async with at_once:
                await self.look(each)
        finally:
            each.asking = False

    def _list(self, now: float) -> None:
        devices = {each.number: each for each in self._record.devices() if each.alias}
        for number in self._watched.keys() - devices.keys():
            del self._watched[number]
            self._heard.pop(number, None)
        for place, (number, device) in enumerate(sorted(devices.items())):
            if known := self._watched.get(number):
                known.device = device
                if not known.failures and self._afterwards.is_fresh(device):
                    known.due = min(known.due, now + SOON_S)
            else:  # one after another, so that not all are asked at once, now and later
                self._watched[number] = _Watched(device=device, due=now + min(SPREAD_S, self._every_s / len(devices)) * place)

    def _note(self) -> None:
        if self._monotonic() - self._noted >= NOTE_S:
            self._noted = self._monotonic()
            write_heard(self._record.folder, self._heard)
