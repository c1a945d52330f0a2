"""What a home has: devices with properties, what they say of themselves, and what is wanted of them."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum

Value = bool | float | str


class Trait(StrEnum):
    """What a device does, and so which properties it can have; see `capabilities.py`."""

    LIGHT = "light"
    SWITCH = "switch"
    MEDIA = "media"
    CLIMATE = "climate"  # a thermostat
    COVER = "cover"  # a shade, blind or awning
    SENSOR = "sensor"
    CAMERA = "camera"
    HEATER = "heater"  # of a spa, a pool, a room without a thermostat
    PUMP = "pump"
    OVEN = "oven"
    LOCK = "lock"
    GATE = "gate"  # of a garage or a drive


class CommandOutcome(StrEnum):
    """What became of a command."""

    DONE = "done"  # the device's state was read after it, and is what was wanted
    UNCONFIRMED = "unconfirmed"  # the device answers, and its state was not that by the deadline
    FAILED = "failed"  # nothing was sent, or the device refused
    UNKNOWN = "unknown"  # it was under way when the connection or our process ended, and the state could not be read


@dataclass(frozen=True, slots=True, kw_only=True)
class Property:
    """One thing about a device that can be read, and perhaps set."""

    name: str
    unit: str = ""  # %, °C, K
    low: float | None = None  # the least that a number may be
    high: float | None = None
    choices: tuple[str, ...] = ()  # of a text; empty: any
    writable: bool = True
    tolerance: float = 0.0  # by which what is read may differ from what was wanted


@dataclass(frozen=True, slots=True, kw_only=True)
class Description:
    """What a device says of itself; all its texts are foreign."""

    identity: str  # what stays when its address changes: a UUID, a MAC, a key
    name: str = ""
    maker: str = ""
    model: str = ""
    room: str = ""
    traits: tuple[Trait, ...] = ()
    properties: tuple[Property, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Device:
    """A device that is known."""

    number: int  # of the event that it was first seen in
    identity: str
    family: str  # of drivers, such as `sonos`
    address: str  # for its driver, such as `192.168.1.20:1400`
    traits: tuple[Trait, ...] = ()
    properties: tuple[Property, ...] = ()
    alias: str = ""  # the owner's name for it; empty: not confirmed, so that nothing may be done with it
    room: str = ""
    said_name: str = ""  # its own; foreign
    said_model: str = ""  # foreign
    options: Mapping[str, str] = field(default_factory=dict)  # of its driver, such as a topic, or the name of a secret

    def property_named(self, name: str) -> Property | None:
        """The property of a name."""
        return next((each for each in self.properties if each.name == name), None)


@dataclass(frozen=True, slots=True, kw_only=True)
class Reading:
    """What a device answered when it was asked for its state."""

    values: Mapping[str, Value]
    asked: float  # Unix time at which it was asked: what it answers is not older than that


@dataclass(frozen=True, slots=True, kw_only=True)
class Neighbour:
    """What answered a scan of the network, whether or not it can be driven; its texts are foreign, and printable."""

    key: str  # by which it says that it is known; else its MAC, or its address
    address: str
    mac: str  # empty: it was not seen
    kind: str  # such as `sonos` or `printer`; see `finding/kinds.py`
    name: str = ""
    maker: str = ""
    model: str = ""
    ports: tuple[int, ...] = ()  # that are open


def holds(want: Mapping[str, Value], known: Mapping[str, Property], values: Mapping[str, Value]) -> bool:
    """Whether values are as wanted, within the tolerance of each property."""
    return all(name in values and _same(value, values[name], known.get(name)) for name, value in want.items())


def _same(wanted: Value, found: Value, known: Property | None) -> bool:
    if isinstance(wanted, str) and isinstance(found, str):  # the name of a source, as it was typed
        return wanted.casefold() == found.casefold()
    if isinstance(wanted, bool | str) or isinstance(found, bool | str):
        return type(wanted) is type(found) and wanted == found
    return abs(wanted - found) <= (known.tolerance if known else 0.0)
