"""Confirm a device: give it the name that people and models call it by."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Annotated

from overnight.errors import UserError
from overnight.home.events import DeviceConfirmed
from overnight.home.naming import check_alias, key_of
from overnight.home.operations._home import opened
from overnight.home.things import Device, Trait
from overnight.operations.operation import Argument, Context, Operation, Option, Settled, Tier
from overnight.operations.principal import Origin


@dataclass(frozen=True, slots=True, kw_only=True)
class NameInput:
    """Which device, and what it is called."""

    device: Annotated[int, Argument(about="Its number in `overnight home devices`.", metavar="NUMBER")]
    name: Annotated[str, Argument(about="What it is called, such as `study lamp`.")]
    room: Annotated[str, Option(about="Where it stands.")] = ""
    trait: Annotated[Trait | None, Option(about="What it is for, if it does not say so itself: a switch may be a heater.")] = (
        None
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Named:
    """A device with its name."""

    number: int
    name: str
    room: str


def run(_context: Context, given: NameInput) -> Named:
    """Record it."""
    with opened() as (record, _):
        event = confirmed(given, {each.number: each for each in record.devices()})
        record.append(event)
    return Named(number=event.device, name=event.alias, room=event.room)


def confirmed(given: NameInput, devices: Mapping[int, Device]) -> DeviceConfirmed:
    """The event by which a device gets its name.

    Raises:
        UserError: there is no such device, or another one has that name.
    """
    name, room = check_alias(given.name), check_alias(given.room) if given.room else ""
    if given.device not in devices:
        raise UserError(f"there is no device #{given.device}", fix="see `overnight home devices`")
    same = [each for each in devices.values() if each.number != given.device and key_of(each.alias) == key_of(name)]
    if any(key_of(each.room) == key_of(room) for each in same):
        raise UserError(f"#{same[0].number} is called `{name}` already", fix="give it another name, or another room")
    return DeviceConfirmed(device=given.device, alias=name, room=room, traits=(given.trait,) if given.trait else None)


def state(_context: Context, given: NameInput) -> str:
    """The device itself: an approval is for no other that has its number."""
    with opened() as (record, _):
        device = record.device(given.device)
        return f"{device.family} {device.identity} {device.address} {device.alias}" if device else ""


def render(found: Named) -> str:
    """What it is called now."""
    return f"#{found.number} is `{found.name}`" + (f" in {found.room}" if found.room else "")


def read_back(_context: Context, given: NameInput, _found: Named | None) -> Settled:
    """Whether it is called so."""
    with opened() as (record, _):
        device = record.device(given.device)
        return Settled.DONE if device and device.alias == " ".join(given.name.split()) else Settled.NOT_DONE


OPERATION = Operation(
    name="home name",
    about="Give a device of the home its name, which confirms that it may be used.",
    input=NameInput,
    output=Named,
    tier=Tier.COSTLY,
    state=state,
    of_machine=True,
    run=run,
    words=Origin.CLAW,
    render=render,
    read_back=read_back,
)
