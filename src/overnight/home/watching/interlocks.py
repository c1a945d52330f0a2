"""Switches off what runs while what it needs does not, such as a heater whose pump has stopped.

What is recorded first is why; then it is commanded like anything else, and read back. One that does not go off is tried
again, ever more seldom. In a home that is read only, nothing is done.

Does not cover: the seconds between two looks, and what cannot be switched off from here.
"""

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from overnight.errors import UserError
from overnight.home.acting.commanding import Order
from overnight.home.acting.interlocks import named
from overnight.home.acting.session import command, look
from overnight.home.events import Tripped
from overnight.home.port import DeviceError
from overnight.home.record.record import HomeRecord
from overnight.home.record.trips import WATCH, open_trip
from overnight.home.running import off_of, runs
from overnight.home.settings import HomeSettings, read_settings
from overnight.home.things import CommandOutcome, Device, Value
from overnight.operations.principal import Origin
from overnight.words.foreign import printable

EVERY_S = 10.0  # between two looks
SILENT = 2  # looks after which a device that does not answer counts as one that does not run
LONGEST = 6  # doublings of the pause before another try
WHY = 200  # characters


@dataclass(slots=True, kw_only=True)
class _Trouble:
    tries: int = 0
    again: float = 0.0  # by the monotonic clock


class InterlockWatch:
    """Watches what `needs` something in home.yaml."""

    def __init__(
        self, record: HomeRecord, *, say: Callable[[str], None], monotonic: Callable[[], float] = time.monotonic
    ) -> None:
        self._record, self._say, self._monotonic = record, say, monotonic
        self._silent: dict[int, int] = {}  # looks at what a device needs that were not answered, by its number
        self._troubles: dict[int, _Trouble] = {}
        self._wrong = ""  # with home.yaml

    async def run(self) -> None:
        """Watch until cancelled."""
        from anyio import sleep

        while True:
            await self.look()
            await sleep(EVERY_S)

    async def look(self) -> None:
        """Look at all of them once."""
        try:
            settings = read_settings(self._record.folder)
            if settings.read_only:
                return
            devices = self._record.devices()
            for each in devices:
                if each.alias and (needs := settings.interlock_of(each.alias).needs):
                    await self._one(each, named(needs, each, devices), settings)
        except UserError as error:
            if str(error) != self._wrong:
                self._say(f"what needs what is not watched: {error}")
            self._wrong = str(error)
        else:
            self._wrong = ""

    async def _one(self, device: Device, needed: Device, settings: HomeSettings) -> None:
        """Look at one, and switch it off if it must not run."""
        if not (why := await self._why(device, needed)):
            self._troubles.pop(device.number, None)
            return
        trouble = self._troubles.get(device.number)
        if trouble is None:
            trouble = self._troubles[device.number] = _Trouble()
            before = open_trip(self._record, device.number)
            if before is None or before.sent:  # else a process before this one was ended before it sent anything
                self._record.append(Tripped(device=device.number, needs=needed.number, why=why))
            self._say(f"{device.alias} runs, and {why}: it is switched off")
        if self._monotonic() < trouble.again:
            return
        trouble.again = self._monotonic() + EVERY_S * 2.0**trouble.tries
        trouble.tries = min(trouble.tries + 1, LONGEST)
        self._say(await self._switch_off(device, settings))

    async def _switch_off(self, device: Device, settings: HomeSettings) -> str:
        """What became of it."""
        if not (want := off_of(device.properties)):
            return f"{device.alias} cannot be switched off from here: do it by hand"
        try:
            result = await command(self._record, settings, device, Order(want=want, principal=WATCH, origin=Origin.CLAW))
        except UserError as error:
            return f"{device.alias} may still be on: {printable(str(error), WHY)}"
        if result.outcome is CommandOutcome.DONE:
            return f"{device.alias} is off (read back; #{result.command})"
        return f"{device.alias} may still be on: {result.outcome}{f', {printable(result.why, WHY)}' if result.why else ''}"

    async def _why(self, device: Device, needed: Device) -> str:
        """Why it must not run; empty if it may, or does not. One that does not answer is as it was when it was read last."""
        known = self._record.reading(device.number)
        values = await self._asked(device) or (known.values if known else {})
        if runs(values) is not True:
            self._silent.pop(device.number, None)
            return ""
        found = await self._asked(needed)
        if found is None:
            self._silent[device.number] = self._silent.get(device.number, 0) + 1
            return f"{needed.alias} does not answer" if self._silent[device.number] >= SILENT else ""
        self._silent.pop(device.number, None)
        return "" if runs(found) is True else f"{needed.alias} does not run"

    async def _asked(self, device: Device) -> Mapping[str, Value] | None:
        try:
            return await look(self._record, device)
        except DeviceError:
            return None
