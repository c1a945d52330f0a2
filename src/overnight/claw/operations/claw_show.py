"""Everything of one turn."""

from dataclasses import dataclass
from typing import Annotated

from annotated_types import Ge

from overnight.claw.operations._claw import Claw, opened
from overnight.claw.views.turn_words import turn_words
from overnight.claw.views.turns import TurnView, view_turn
from overnight.errors import UserError
from overnight.operations.operation import Argument, Context, Operation, Tier


@dataclass(frozen=True, slots=True, kw_only=True)
class ShowInput:
    """Which turn."""

    turn: Annotated[int, Ge(1), Argument(about="Its number in `claw log`, or that of a fact or schedule of it.", metavar="N")]
    claw: Claw = None


def run(_context: Context, given: ShowInput) -> TurnView:
    """All that was recorded of it."""
    with opened(given.claw) as (_, record):
        entry = record.event(given.turn)
        found = view_turn(record, given.turn) or view_turn(record, int(getattr(entry and entry.event, "turn", 0) or 0))
    if found is None:
        raise UserError(f"there is no turn {given.turn}", fix="`overnight claw log` lists them")
    return found


OPERATION = Operation(
    name="claw show",
    about="Show one turn: what it was about, what was recalled, thought, called and said, and what it cost.",
    input=ShowInput,
    output=TurnView,
    tier=Tier.READ,
    of_machine=True,
    owner_only=True,  # what was said is theirs
    run=run,
    render=turn_words,
)
