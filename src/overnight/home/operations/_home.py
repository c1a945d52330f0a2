"""What the operations of the home share: its record and settings, the device that is meant, values as they are written."""

import math
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Annotated, Protocol

from overnight.errors import UserError
from overnight.home.acting.limits import TEXTS
from overnight.home.acting.scopes import is_theirs, may_see
from overnight.home.capabilities import PROPERTIES
from overnight.home.naming import find_device, matching
from overnight.home.record.record import HomeRecord, home_folder
from overnight.home.settings import HomeSettings, read_settings
from overnight.home.things import Device, Value
from overnight.home.watching.heard import heard_at
from overnight.operations.operation import Argument, Context
from overnight.operations.principal import Origin
from overnight.words.foreign import printable

DeviceName = Annotated[str, Argument(about="Its name, such as `study lamp`, or its number.", metavar="DEVICE")]
SHOWN = 60  # characters of what a person wrote, in a message


@contextmanager
def opened() -> Iterator[tuple[HomeRecord, HomeSettings]]:
    """The record and the settings of the home."""
    with HomeRecord() as record:
        yield record, read_settings(home_folder())


@contextmanager
def of_device(context: Context, name: str) -> Iterator[tuple[HomeRecord, HomeSettings, Device]]:
    """The same, and the device that is meant; nothing is said of one that is not the caller's but what they said themselves.

    Raises:
        UserError: none is, or it is not for them.
    """
    with opened() as (record, settings):
        yield record, settings, find_theirs(context, record, settings, name)


def find_theirs(context: Context, record: HomeRecord, settings: HomeSettings, name: str) -> Device:
    """The device that a caller means, of those that they may use.

    Raises:
        UserError: none is, or it is not for them.
    """
    devices = record.devices()
    found = matching(name, [each for each in devices if is_theirs(settings, context.principal, each)])
    if not found and matching(name, devices):
        fix = "the owner decides, by `members` in home.yaml"
        raise UserError(f"`{printable(name, SHOWN)}` is not for {context.principal.name} to use", fix=fix)
    return found[0] if len(found) == 1 else find_device(name, seen_by(context, record, settings))


def see(context: Context, given: "AboutDevice") -> None:
    """The `requires` of what shows a device: it is one that the caller may see.

    Raises:
        UserError: it is not.
    """
    with of_device(context, given.device) as (_, settings, device):
        if not may_see(settings, context, device):
            what = f"`{printable(given.device, SHOWN)}` is not for every member to see"
            raise UserError(what, fix="the owner decides, by `members` in home.yaml")


class AboutDevice(Protocol):
    """An input that names a device."""

    @property
    def device(self) -> str:
        """Its name."""
        ...


def seen_by(context: Context, record: HomeRecord, settings: HomeSettings) -> Sequence[Device]:
    """The devices that a caller may see."""
    return [each for each in record.devices() if may_see(settings, context, each)]


def read_wanted(texts: Sequence[str]) -> Mapping[str, Value]:
    """What is wanted of a device, from texts such as `on=true` and `brightness=40`.

    Raises:
        UserError: one is no such text.
    """
    found: dict[str, Value] = {}
    for text in texts:
        name, sign, value = text.partition("=")
        if not sign or not name.strip() or name.strip() in found:
            fix = "write each property once, as NAME=VALUE, such as on=true or brightness=40"
            raise UserError(f"`{printable(text, SHOWN)}` sets nothing", fix=fix)
        found[name.strip()] = value.strip() if name.strip() in TEXTS else _value(value.strip())
    return found


def _value(text: str) -> Value:
    if text.lower() in ("true", "on", "yes"):
        return True
    if text.lower() in ("false", "off", "no"):
        return False
    try:
        number = float(text)
    except ValueError:
        return text
    return number if math.isfinite(number) else text


def value_words(values: Mapping[str, Value]) -> str:
    """Values as a person reads them."""
    return ", ".join(f"{printable(name, 30)} {_word(value)}" for name, value in sorted(values.items()))


def _word(value: Value) -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    return f"{value:g}" if isinstance(value, float | int) else printable(value, 80)


@dataclass(frozen=True, slots=True, kw_only=True)
class DeviceState:
    """A device, and its state as it was read last."""

    number: int
    name: str  # the owner's; empty: not confirmed
    room: str
    family: str
    traits: Sequence[str]
    values: Mapping[str, Value]
    asked: float | None  # Unix time at which it was asked, and answered so; null: never
    answers: bool | None = None  # whether it did just now; null: it was not asked
    lost: str = ""  # why it did not answer when it was asked last
    moved: str = ""  # the address that it was seen at; empty: the one that the owner confirmed
    unknown: Sequence[int] = ()  # commands of which it is not known whether they took effect


def is_plain(values: Mapping[str, Value]) -> bool:
    """Whether values have no text but ours: numbers, and words that a property can be by its kind."""
    return all(name in _CHOICES and (not isinstance(value, str) or value in _CHOICES[name]) for name, value in values.items())


_CHOICES = {each.name: each.choices for properties in PROPERTIES.values() for each in properties}


def whose(found: Sequence[DeviceState]) -> Origin:
    """Whose words states are: names are the owner's, and a device that plays or says something of its own is a tool's."""
    clean = all(each.name and is_plain(each.values) and not each.lost and not each.moved for each in found)
    return Origin.CLAW if clean else Origin.TOOL


def doubts(state: DeviceState) -> str:
    """What is not known of a device, for the end of its line."""
    lost = f"; lost: {printable(state.lost, SHOWN)}" if state.lost else ""
    moved = f"; seen at {printable(state.moved, SHOWN)}: overnight home move {state.number}" if state.moved else ""
    return lost + moved + "".join(f"; not known whether #{number} took effect" for number in state.unknown)


def state_of(
    record: HomeRecord, device: Device, *, answers: bool | None = None, heard: Mapping[int, float] | None = None
) -> DeviceState:
    """A device as the record has it; `heard`: when each answered last, if that was read already."""
    reading = record.reading(device.number)
    heard = heard_at(record.folder) if heard is None else heard
    return DeviceState(
        number=device.number,
        name=device.alias,
        room=device.room,
        family=device.family,
        traits=[str(each) for each in device.traits],
        values=reading.values if reading else {},
        asked=max(reading.asked, heard.get(device.number, 0.0)) if reading else None,
        answers=answers,
        lost=record.lost(device.number),
        moved=moved if (moved := record.said(device.number).address) != device.address else "",
        unknown=[each.number for each in record.open_commands(device.number)],
    )
