"""The home at a glance: each room with its devices, what is wrong, what waits for the owner, scenes and rules."""

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass

from overnight.home.acting.scopes import sees_all
from overnight.home.eyes.weights import eyes_folder, known
from overnight.home.operations._home import DeviceState, doubts, opened, seen_by, state_of, value_words
from overnight.home.operations._rules import Rule, rule_of, rule_words, rules_for
from overnight.home.operations._scenes import Scene, scenes_for
from overnight.home.record.record import HomeRecord, has_home
from overnight.home.record.sightings import lookouts
from overnight.home.record.trips import open_trip
from overnight.home.watching.heard import heard_at
from overnight.home.watching.service import watch_process
from overnight.operations.operation import Context, Operation, Tier
from overnight.operations.principal import Origin
from overnight.operations.record import open_record
from overnight.operations.views import ApprovalEntry, describe_approval, entry_of
from overnight.words.foreign import printable
from overnight.words.quantities import counted

PREFIX = "home "  # of the names of operations whose approvals are shown
SHOWN = 120  # characters of why a device is lost
NOTHING = "No device is known yet. Begin: `overnight home init`, `overnight home scan`; without hardware: `overnight home demo`"


@dataclass(frozen=True, slots=True, kw_only=True)
class StatusInput:
    """Nothing."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RoomStates:
    """A room, as the owner calls it."""

    name: str  # empty: devices without a room
    devices: Sequence[DeviceState]


@dataclass(frozen=True, slots=True, kw_only=True)
class HomeStatus:
    """How the home is."""

    rooms: Sequence[RoomStates]  # in order of the alphabet
    unnamed: Sequence[DeviceState]  # devices that were found; nothing is done with them before they have a name
    troubles: Sequence[str]  # devices that do not answer, and commands of which nobody knows whether they took effect
    asks: Sequence[ApprovalEntry]  # calls of the home that wait for the owner
    scenes: Sequence[Scene]
    rules: Sequence[Rule]
    watch: int | None  # the process that watches the home; null: none does
    heard: float | None  # Unix time at which it last heard from a device; null: it did not yet


def run(context: Context, _given: StatusInput) -> HomeStatus:
    """As the record has it; no device is asked."""
    if not has_home():
        return HomeStatus(rooms=(), unnamed=(), troubles=(), asks=(), scenes=(), rules=(), watch=None, heard=None)
    with opened() as (record, settings):
        heard, watch = heard_at(record.folder), watch_process(record.folder)
        states = [state_of(record, device, heard=heard) for device in seen_by(context, record, settings)]
        named = [each for each in states if each.name]
        return HomeStatus(
            rooms=[
                RoomStates(name=room, devices=sorted((each for each in named if each.room == room), key=lambda each: each.name))
                for room in sorted({each.room for each in named}, key=lambda room: (not room, room))
            ],
            unnamed=[each for each in states if not each.name],
            troubles=[
                *(trouble for each in named if (trouble := _trouble(each))),
                *(trouble for each in named if (trouble := _tripped(record, each))),
                *_deaf(record, watch, {each.number for each in named}),
            ],
            asks=_asks(context),
            scenes=scenes_for(context, record, settings),
            rules=[rule_of(record, number, rule) for number, rule in rules_for(context, record, settings).items()],
            watch=watch,
            heard=max((heard[each.number] for each in states if each.number in heard), default=None),
        )


def _trouble(state: DeviceState) -> str:
    """What is wrong with a device; empty: nothing that we know."""
    lost = f" does not answer: {printable(state.lost, SHOWN)}" if state.lost else ""
    moved = f" answers at another address: `overnight home move {state.number}`" if state.moved and not lost else ""
    unknown = f": it is not known whether #{state.unknown[-1]} took effect" if state.unknown and not lost else ""
    said = lost or moved or unknown
    return f"{state.name}{said}" if said else ""


def _tripped(record: HomeRecord, state: DeviceState) -> str:
    """That the watch switched a device off, or tried to, and nobody set it since; empty: no."""
    if not (trip := open_trip(record, state.number)):
        return ""
    was = "was switched off" if trip.is_off else "may be on"
    return f"{state.name} {was}, as {printable(trip.why, SHOWN)}"


def _deaf(record: HomeRecord, watch: int | None, seen: Collection[int]) -> Iterator[str]:
    """Why nothing of what is looked out for would be seen."""
    if not any(each.device in seen for each in lookouts(record)):
        return
    if known(eyes_folder(record.folder)) is None:
        yield "nothing is seen before the cameras, as their detector is not there: `overnight home eyes`"
    elif watch is None:
        yield "nobody watches the cameras: `overnight up --home`"


def _asks(context: Context) -> Sequence[ApprovalEntry]:
    """What waits for the owner; others are shown what they asked themselves."""
    with open_record() as record:
        found = [entry_of(each, record.now) for each in record.pending() if each.call.operation.startswith(PREFIX)]
    asks = (str(context.principal), context.origin)
    return [each for each in found if sees_all(context.principal, context.origin) or (each.principal, each.origin) == asks]


def render(found: HomeStatus) -> str:
    """What is wrong first, then a line for each device."""
    if not found.rooms and not found.unnamed:
        return NOTHING
    lines = [summary_words(found)]
    lines += [f"! {each}" for each in found.troubles]
    lines += [describe_approval(each) for each in found.asks]
    for room in found.rooms:
        lines.append(f"{room.name or 'no room'}:")
        lines += [
            f"  #{each.number} {each.name}: {value_words(each.values) or 'not read yet'}{doubts(each)}" for each in room.devices
        ]
    if found.unnamed:
        lines.append(f"{counted(len(found.unnamed), 'device')} without a name: overnight home devices")
    lines += [f"scene {each.name}" for each in found.scenes]
    lines += [f"rule {rule_words(each)}" for each in found.rules]
    if found.watch is None:
        lines.append("nobody watches it: overnight up --home")
    return "\n".join(lines)


def summary_words(found: HomeStatus) -> str:
    """All of it in a line."""
    count = sum(len(room.devices) for room in found.rooms)
    parts = [f"{counted(count, 'device')} in {counted(sum(bool(room.name) for room in found.rooms), 'room')}"]
    parts += [f"{counted(len(found.troubles), 'trouble')}"] if found.troubles else []
    parts += [f"{counted(len(found.asks), 'question')} to you"] if found.asks else []
    parts.append("watched" if found.watch is not None else "not watched")
    return ", ".join(parts)


OPERATION = Operation(
    name="home status",
    about="Show the home: its rooms and devices, what is wrong, what waits for you, scenes and rules.",
    details="Exit code: 1 if a device does not answer, or if it is not known whether a command took effect.",
    input=StatusInput,
    output=HomeStatus,
    tier=Tier.READ,
    of_machine=True,
    run=run,
    words=Origin.TOOL,
    render=render,
    holds=lambda found: not found.troubles,
)
