"""What is said of a command that was done and is undone by itself later: a bolt that goes back, a heater that trips.

A command counts as done once it was read back twice, some seconds apart. What can hurt is looked at more often after that, and
if it falls back, that is said. Whoever turned it back, the device or a person, cannot be told apart.
"""

from collections.abc import Mapping

from overnight.home.acting.limits import bounds_of
from overnight.home.capabilities import PHYSICAL
from overnight.home.record.record import HomeRecord
from overnight.home.things import CommandOutcome, Device, Value, holds
from overnight.words.foreign import printable

OFTEN_S = 60.0  # after a command, in which its device is looked at more often
COUNTS_S = 600.0  # after a command, in which a change of what was set is said


class Afterwards:
    """Follows the newest command of each device that can hurt."""

    def __init__(self, record: HomeRecord) -> None:
        self._record = record
        self._said = set[int]()  # numbers of commands

    def is_fresh(self, device: Device) -> bool:
        """Whether it was set a moment ago."""
        return bool(PHYSICAL & set(device.traits)) and bool(self._record.commands_since(device.number, self._since(OFTEN_S)))

    def correction(self, device: Device, values: Mapping[str, Value]) -> str:
        """What is to be said now that it was read again; empty: it is as it was set. Each command is corrected once."""
        if not PHYSICAL & set(device.traits):
            return ""
        past = next(reversed(self._record.commands_since(device.number, self._since(COUNTS_S))), None)
        if past is None or past.outcome is not CommandOutcome.DONE or past.number in self._said:
            return ""
        if holds(past.command.want, bounds_of(device, {}), values):
            return ""
        self._said.add(past.number)
        now = {name: values.get(name, "not said") for name in past.command.want}
        return f"{device.alias} was read back as {_words(past.command.want)} (#{past.number}), and says {_words(now)} now"

    def _since(self, seconds: float) -> float:
        return self._record.clock() - seconds


def _words(values: Mapping[str, Value]) -> str:
    return printable(", ".join(f"{name} {str(value).lower()}" for name, value in sorted(values.items())), 120)
