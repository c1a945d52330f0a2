"""Has a board that runs once there is something to do: whoever asks or judges should not have to start it."""

import os
from collections.abc import Mapping
from dataclasses import dataclass

from overnight.actions.board.service import board_process, start_board
from overnight.errors import UserError

BY_HAND = "OVERNIGHT_NO_BOARD"  # a variable: no board is started in the background, such as in a container that has its own


@dataclass(frozen=True, slots=True, kw_only=True)
class Started:
    """Whether a board runs."""

    process: int | None  # None: none does
    note: str = ""  # why none could be started


def next_words(process: int | None) -> str:
    """What to type if nothing goes on by itself; empty if it does."""
    return "" if process is not None else "; nobody runs the board: overnight work-on"


def have_board(environment: Mapping[str, str], *, start: bool = True) -> Started:
    """The board that runs, or one that is started now; why none is started is no error, as what it is for is recorded."""
    if not start or (environment or os.environ).get(BY_HAND):
        return Started(process=board_process())
    try:
        return Started(process=start_board())
    except (OSError, UserError) as error:
        return Started(process=None, note=f"it is recorded, but {error}")
