"""The rest of a long result, for a mind that saw its beginning."""

from dataclasses import dataclass
from typing import Annotated

from annotated_types import Ge

from overnight.claw.events import CallEnded
from overnight.claw.memory.reader import about_turn, asking_turn
from overnight.claw.operations._claw import Claw, opened
from overnight.errors import UserError
from overnight.operations.operation import Argument, Context, Operation, Option, Tier
from overnight.operations.principal import Origin

LENGTH = 3000  # characters at a time


@dataclass(frozen=True, slots=True, kw_only=True)
class MoreInput:
    """Of which call."""

    call: Annotated[int, Ge(1), Argument(about="Which call of this turn.")]
    at: Annotated[int, Ge(0), Option(about="From which character on.", metavar="N")] = 0
    claw: Claw = None


@dataclass(frozen=True, slots=True, kw_only=True)
class More:
    """A part of a result."""

    text: str
    at: int  # where it begins
    size: int  # characters of the whole
    origin: Origin  # whose words they are, at worst


def run(context: Context, given: MoreInput) -> More:
    """Only within the turn of the call, so that what it may hold of others counts for what is done next."""
    with opened(given.claw) as (folder, record):
        turn = asking_turn(context, folder)
        ended = [entry.event for entry in record.turn(turn) if isinstance(entry.event, CallEnded)]
        found = next((event for event in ended if event.call == given.call), None)
        person, caller = getattr(about_turn(record, turn), "person", ""), context.principal
        if found is None or (caller.kind.is_let_in and caller.name != person):  # whose key anybody could write
            raise UserError(f"there is no call {given.call} in this turn", fix="its results have their numbers")
        if found.origin is Origin.FOREIGN:
            raise UserError("these are words of others", fix="put the quotation into your answer")
        text = record.text(found.text)
    return More(text=text[given.at : given.at + LENGTH], at=given.at, size=len(text), origin=found.origin)


def render(found: More) -> str:
    """The part, and where it goes on."""
    end = found.at + len(found.text)
    return f"{found.text}\n({found.at:,} to {end:,} of {found.size:,} characters)"


OPERATION = Operation(
    name="claw more",
    about="Read on in a long result of this turn.",
    input=MoreInput,
    output=More,
    tier=Tier.READ,
    of_machine=True,
    run=run,
    render=render,
    words=lambda found: found.origin,
)
