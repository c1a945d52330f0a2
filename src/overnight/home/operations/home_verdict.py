"""Say whether a sighting was what was asked for: the figures of its camera are made from it."""

from dataclasses import dataclass
from typing import Annotated, Literal

from annotated_types import Ge

from overnight.errors import UserError
from overnight.home.events import SightingJudged
from overnight.home.operations._home import opened, seen_by
from overnight.home.record.sightings import sighting, tallies
from overnight.operations.operation import Argument, Context, Operation, Settled, Tier
from overnight.operations.principal import Origin


@dataclass(frozen=True, slots=True, kw_only=True)
class VerdictInput:
    """Which one, and what it was."""

    number: Annotated[int, Ge(1), Argument(about="The sighting's number.", metavar="N")]
    right: Annotated[Literal["yes", "no"], Argument(about="yes: it was what was asked for; no: it was not.", metavar="ANSWER")]


@dataclass(frozen=True, slots=True, kw_only=True)
class Judged:
    """The verdict, and how the camera does."""

    number: int
    right: bool
    camera: str
    judged: int  # sightings of this camera
    right_of_judged: int


def run(context: Context, given: VerdictInput) -> Judged:
    """Record it."""
    with opened() as (record, settings):
        found = sighting(record, given.number)
        if found is None or found.device not in {each.number for each in seen_by(context, record, settings)}:
            raise UserError(f"there is no sighting #{given.number}", fix="overnight home sightings")
        right = given.right == "yes"
        if found.right is not right:
            record.append(SightingJudged(sighting=given.number, right=right))
        device, tally = record.device(found.device), tallies(record).get(found.device)
        return Judged(
            number=given.number,
            right=right,
            camera=device.alias if device else "",
            judged=tally.judged if tally else 0,
            right_of_judged=tally.right if tally else 0,
        )


def read_back(_context: Context, given: VerdictInput, _found: Judged | None) -> Settled:
    """What the record has."""
    with opened() as (record, _):
        found = sighting(record, given.number)
    return Settled.DONE if found and found.right is (given.right == "yes") else Settled.NOT_DONE


def render(found: Judged) -> str:
    """The camera's figures."""
    word = "right" if found.right else "wrong"
    return f"#{found.number} was {word}. {found.camera}: {found.right_of_judged} of {found.judged} right."


OPERATION = Operation(
    name="home verdict",
    about="Say whether a sighting was what was asked for.",
    input=VerdictInput,
    output=Judged,
    tier=Tier.REVERSIBLE,
    of_machine=True,
    run=run,
    words=Origin.CLAW,
    render=render,
    read_back=read_back,
)
