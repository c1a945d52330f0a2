"""What happened to the claw, a line for each turn."""

from dataclasses import dataclass
from typing import Annotated

from annotated_types import Ge, Le

from overnight.claw.operations._claw import Claw, opened
from overnight.claw.views.turn_words import log_words
from overnight.claw.views.turns import TurnList, list_turns
from overnight.operations.operation import Context, Operation, Option, Tier


@dataclass(frozen=True, slots=True, kw_only=True)
class LogInput:
    """Which page."""

    limit: Annotated[int, Ge(1), Le(200), Option(about="Turns per page.", flags=("-n", "--limit"), shows_default=True)] = 20
    offset: Annotated[int, Ge(0), Option(about="Skip this many turns.")] = 0
    claw: Claw = None


def run(_context: Context, given: LogInput) -> TurnList:
    """The page."""
    with opened(given.claw) as (folder, record):
        return list_turns(record, folder.name, limit=given.limit, offset=given.offset)


OPERATION = Operation(
    name="claw log",
    about="List what happened to the claw, a line for each turn, the newest first.",
    input=LogInput,
    output=TurnList,
    tier=Tier.READ,
    of_machine=True,
    owner_only=True,  # what was said is theirs
    run=run,
    render=log_words,
)
