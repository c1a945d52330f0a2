"""What is on in the home: each device is asked, all at once."""

from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import Annotated

from overnight.home.acting.session import look
from overnight.home.naming import key_of
from overnight.home.operations._home import DeviceState, doubts, opened, seen_by, state_of, value_words, whose
from overnight.home.port import DeviceError
from overnight.home.record.record import HomeRecord
from overnight.home.running import runs
from overnight.home.things import Device, Value
from overnight.operations.operation import Argument, Context, Operation, Option, Tier


@dataclass(frozen=True, slots=True, kw_only=True)
class NowInput:
    """Where."""

    room: Annotated[str, Argument(about="A room's name; by default all.")] = ""
    on: Annotated[bool, Option(about="Only what is on, plays, is open or unlocked, and what does not answer.")] = False


def run(context: Context, given: NowInput) -> Sequence[DeviceState]:
    """Ask them; those that do not answer are among the answers."""
    import anyio

    with opened() as (record, settings):
        devices = [each for each in seen_by(context, record, settings) if _is_meant(each, given.room)]
        answers = anyio.run(_ask, record, devices)
        found = [state_of(record, each, answers=answers[each.number]) for each in devices]
        return [each for each in found if not given.on or not each.answers or is_on(each.values)]


def _is_meant(device: Device, room: str) -> bool:
    return bool(device.alias) and (not room or key_of(device.room) == key_of(room))


async def _ask(record: HomeRecord, devices: Sequence[Device]) -> Mapping[int, bool]:
    from anyio import create_task_group

    answers: dict[int, bool] = {}

    async def ask(device: Device) -> None:
        answers[device.number] = False
        with suppress(DeviceError):  # the record has it as lost
            await look(record, device)
            answers[device.number] = True

    async with create_task_group() as group:
        for device in devices:
            group.start_soon(ask, device)
    return answers


def is_on(values: Mapping[str, Value]) -> bool:
    """Whether something is on, plays, is open or is unlocked."""
    if values.get("playing") == "playing" or values.get("locked") is False:
        return True
    position = values.get("position")
    if isinstance(position, int | float) and not isinstance(position, bool):
        return position > 0
    return runs(values) is True


def render(found: Sequence[DeviceState]) -> str:
    """A line each."""
    return "\n".join(map(_line, found)) or "Nothing is."


def _line(each: DeviceState) -> str:
    name = f"{each.name} ({each.room})" if each.room else each.name
    now = value_words(each.values) or "nothing that we know"
    return (f"{name}: {now}" if each.answers else f"{name} does not answer; last: {now}") + doubts(each)


OPERATION = Operation(
    name="home now",
    about="Ask the devices of a room, or of the home, what they are now.",
    input=NowInput,
    output=Sequence[DeviceState],
    tier=Tier.READ,
    of_machine=True,
    run=run,
    words=whose,
    render=render,
)
