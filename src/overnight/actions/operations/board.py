"""The board: what needs a person, what flows, what waits and why."""

import time
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

from annotated_types import Ge, Le

from overnight.actions.operations._record import open_actions, serves
from overnight.actions.operations._signs import read_signs
from overnight.actions.record import ActionRecord
from overnight.actions.state import Board
from overnight.actions.views.board_page import BoardPage, make_board
from overnight.actions.views.board_words import board_text
from overnight.operations.operation import Context, Operation, Option, Tier
from overnight.operations.principal import Origin


@dataclass(frozen=True, slots=True, kw_only=True)
class BoardInput:
    """How much of what has ended."""

    ended: Annotated[int, Ge(0), Le(1000), Option(about="The newest that have ended.", shows_default=True)] = 5


def run(context: Context, given: BoardInput) -> BoardPage:
    """The board as it is recorded, and what its process says."""
    with open_actions() as record:
        return board_page(record, context, given)


def board_page(record: ActionRecord | None, context: Context, given: BoardInput) -> BoardPage:
    """The same of a record that is open; None: nothing was ever asked for."""
    return make_board(
        record.board() if record else Board(),
        read_signs(record.folder if record else None),
        sees=lambda repo: serves(context, repo),
        name_of=lambda repo: context.name_of(Path(repo)),
        ended=given.ended,
        forgotten=record.forgotten() if record else (),
    )


OPERATION = Operation(
    name="board",
    about="Show the board of actions: what needs you, what flows, what waits and why.",
    input=BoardInput,
    output=BoardPage,
    tier=Tier.READ,
    of_machine=True,
    words=Origin.TOOL,
    run=run,
    render=lambda page: board_text(page, time.time()),
)
