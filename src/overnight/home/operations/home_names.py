"""Confirm several devices at once: all get their names, or none does."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Annotated

from overnight.errors import UserError
from overnight.home.naming import NUMBER
from overnight.home.operations import home_name
from overnight.home.operations._home import SHOWN, opened
from overnight.home.operations.home_name import Named, NameInput, confirmed
from overnight.operations.operation import Argument, Context, Operation, Settled, Tier
from overnight.operations.principal import Origin
from overnight.words.foreign import printable


@dataclass(frozen=True, slots=True, kw_only=True)
class NamesInput:
    """Which devices, and what they are called."""

    names: Annotated[
        tuple[str, ...],
        Argument(
            about="Each as its number, its name, and perhaps its room: `3=study lamp@study`.", metavar="NUMBER=NAME[@ROOM]..."
        ),
    ]


def run(_context: Context, given: NamesInput) -> Sequence[Named]:
    """Record all of them."""
    wanted = _read(given)
    with opened() as (record, _):
        devices = {each.number: each for each in record.devices()}
        events = []
        for each in wanted.values():
            event = confirmed(each, devices)
            devices[event.device] = replace(devices[event.device], alias=event.alias, room=event.room)
            events.append(event)
        record.append(*events)
    return [Named(number=each.device, name=each.alias, room=each.room) for each in events]


def _read(given: NamesInput) -> Mapping[int, NameInput]:
    """What each device is to be called.

    Raises:
        UserError: one is no such text, or there is none.
    """
    found = {}
    for text in given.names:
        number, sign, rest = text.partition("=")
        number = number.strip().removeprefix("#")
        name, _, room = rest.partition("@")
        if not sign or not NUMBER.fullmatch(number) or int(number) in found:
            fix = "write each device once, as NUMBER=NAME or NUMBER=NAME@ROOM"
            raise UserError(f"`{printable(text, SHOWN)}` names no device", fix=fix)
        device = int(number)
        found[device] = NameInput(device=device, name=name, room=room.strip())
    if not found:
        raise UserError("no names were given", fix="write them as NUMBER=NAME, such as `3=study lamp`")
    return found


def state(context: Context, given: NamesInput) -> str:
    """The devices themselves: an approval is for no others that have their numbers."""
    return "\n".join(home_name.state(context, each) for each in _read(given).values())


def read_back(context: Context, given: NamesInput, _found: Sequence[Named] | None) -> Settled:
    """Whether all are called so."""
    looks = [home_name.read_back(context, each, None) for each in _read(given).values()]
    return Settled.DONE if all(look is Settled.DONE for look in looks) else Settled.NOT_DONE


OPERATION = Operation(
    name="home names",
    about="Give several devices of the home their names at once, which confirms that they may be used.",
    input=NamesInput,
    output=Sequence[Named],
    tier=Tier.COSTLY,
    state=state,
    of_machine=True,
    run=run,
    words=Origin.CLAW,
    render=lambda found: "\n".join(map(home_name.render, found)),
    read_back=read_back,
)
