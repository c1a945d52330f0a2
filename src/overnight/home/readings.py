"""Pure: what is kept of a device's answer, and which differences are noise of a sensor: the record does not grow by looking."""

import math
import re
from collections.abc import Mapping

from overnight.home.things import Device, Value
from overnight.words.foreign import printable

MOST = 40  # values of one reading
LONGEST = 500  # characters of a text
_NAME = re.compile(r"\w{1,40}")

# What changes less is not recorded, each in its property's unit. Thermometers of homes are good to some tenths of a degree.
DEADBAND: Mapping[str, float] = {"temperature": 0.3, "position": 1.0, "brightness": 1.0, "volume": 0.5, "speed": 1.0}
SHARE = 0.02  # of the value before, for what only a sensor says, such as power


def number(value: object) -> float | None:
    """A value of an answer as a number; None if it is none, or one that no float holds."""
    if isinstance(value, bool) or not isinstance(value, int | float):
        return None
    try:
        found = float(value)
    except OverflowError:
        return None
    return found if math.isfinite(found) else None


def kept(values: Mapping[str, Value]) -> dict[str, Value]:
    """What of an answer can be recorded: no number that is none, no endless text, and no name that is none of a property."""
    found: dict[str, Value] = {}
    for name, value in values.items():
        if _NAME.fullmatch(name) and len(found) < MOST and (isinstance(value, bool | str) or number(value) is not None):
            found[name] = printable(value, LONGEST) if isinstance(value, str) else value
    return found


def is_news(device: Device, before: Mapping[str, Value], now: Mapping[str, Value]) -> bool:
    """Whether a reading differs from the one that was recorded last by more than noise.

    Slow drift is news once it adds up: it is compared with what was recorded, not with what was read in between.
    """
    return before.keys() != now.keys() or any(_differs(device, name, before[name], value) for name, value in now.items())


def _differs(device: Device, name: str, before: Value, now: Value) -> bool:
    if isinstance(before, bool | str) or isinstance(now, bool | str):
        return type(before) is not type(now) or before != now
    known = device.property_named(name)
    settable = known is not None and known.writable and name not in DEADBAND
    band = 0.0 if settable else max(DEADBAND.get(name, 0.0), 0.0 if name in DEADBAND else SHARE * abs(before))
    return abs(now - before) > band
