"""The rooms of the home, and what stands in each."""

from collections.abc import Sequence
from dataclasses import dataclass

from overnight.home.finding.names import room_in
from overnight.home.naming import key_of
from overnight.home.operations._home import opened, seen_by
from overnight.home.things import Device
from overnight.operations.operation import Context, Operation, Tier
from overnight.operations.principal import Origin


@dataclass(frozen=True, slots=True, kw_only=True)
class RoomsInput:
    """Nothing."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Placed:
    """A device in a room."""

    number: int
    name: str  # the owner's
    traits: Sequence[str]
    suggestion: str = ""  # the room that its name suggests, of one that stands in none


@dataclass(frozen=True, slots=True, kw_only=True)
class Room:
    """A room, by the owner's words."""

    name: str  # empty: no room was named
    devices: Sequence[Placed]


def run(context: Context, _given: RoomsInput) -> Sequence[Room]:
    """The rooms by name; last, the devices that stand in none."""
    with opened() as (record, settings):
        named = [each for each in seen_by(context, record, settings) if each.alias]
    rooms: dict[str, list[Device]] = {}
    for each in named:
        rooms.setdefault(key_of(each.room), []).append(each)
    order = sorted(rooms, key=lambda key: (not key, key))
    return [Room(name=rooms[key][0].room, devices=[_placed(each) for each in rooms[key]]) for key in order]


def _placed(device: Device) -> Placed:
    suggestion = "" if device.room else room_in(device.alias, device.said_name)
    return Placed(number=device.number, name=device.alias, traits=[str(each) for each in device.traits], suggestion=suggestion)


def render(found: Sequence[Room]) -> str:
    """A line for each room; what to type for a device without one."""
    if not found:
        return "No device has a name yet. Find them: overnight home scan"
    lines = [f"{room.name}: {', '.join(each.name for each in room.devices)}" for room in found if room.name]
    for each in (each for room in found if not room.name for each in room.devices):
        hint = f' → overnight home name {each.number} "{each.name}" --room "{each.suggestion}"' if each.suggestion else ""
        lines.append(f"in no room: #{each.number} {each.name}{hint}")
    return "\n".join(lines)


OPERATION = Operation(
    name="home rooms",
    about="List the rooms of the home, and what stands in each.",
    input=RoomsInput,
    output=Sequence[Room],
    tier=Tier.READ,
    of_machine=True,
    run=run,
    words=Origin.CLAW,
    render=render,
)
