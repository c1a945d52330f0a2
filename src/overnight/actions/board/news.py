"""What of the board is worth a notice to a person who is not watching: that nothing goes on without them. Pure.

A result by itself is not, as long as other actions flow: ten of them would be ten messages for one sitting. A notice with the
key of an earlier one is the same news.
"""

import hashlib
from collections.abc import Iterator, Sequence

from overnight.actions.board.schedule import could_begin
from overnight.actions.state import FLOWING, Action, Board, Stage
from overnight.actions.views.gathering import flags_of
from overnight.notices.notice import Notice, Occasion
from overnight.words.foreign import one_line, printable
from overnight.words.quantities import compact, counted, listed

TITLE = 120  # characters
LINE = 300
MOST = 8  # results in one notice
FLAGS = 4
DIGITS = 16


def board_news(board: Board, *, most_waiting: int) -> Notice | None:
    """The notice that the board as it is now is worth; None while something goes on without a person, or nothing waits."""
    waiting = sorted(board.in_stage(Stage.WAITING), key=lambda action: action.ready_at)
    if not waiting:
        return None
    full = len(waiting) >= most_waiting
    if not full and _goes_on(board):
        return None
    return Notice(
        key=_key(waiting),
        occasion=Occasion.PERSON,
        title=printable(_title(waiting, full=full), TITLE),
        lines=tuple(_lines(waiting, full=full)),
        facts={"waiting": str(len(waiting)), "actions": listed((f"#{action.number}" for action in waiting), MOST)},
    )


def _goes_on(board: Board) -> bool:
    """Whether anything flows, or will begin by itself: what comes after a result that waits does not."""
    return bool(board.in_stage(*FLOWING)) or could_begin(board)


def _key(waiting: Sequence[Action]) -> str:
    """The same for the same results, each at the same commit and turn."""
    states = sorted(f"{action.number} {action.commit} {action.turns}" for action in waiting)
    return f"waiting {hashlib.sha256(' '.join(states).encode()).hexdigest()[:DIGITS]}"


def _title(waiting: Sequence[Action], *, full: bool) -> str:
    if len(waiting) == 1:
        return f"overnight: “{waiting[0].request.title}” waits for you"
    return f"overnight: {counted(len(waiting), 'result')} wait for you{', nothing new begins' if full else ''}"


def _lines(waiting: Sequence[Action], *, full: bool) -> Iterator[str]:
    for action in waiting[:MOST]:
        what = one_line(action.waiting, LINE) if action.waiting else _standing(action)
        yield printable(f"#{action.number} {action.request.title}: {what}", LINE)
    if len(waiting) > MOST:
        yield f"and {len(waiting) - MOST} more"
    yield f"{'Nothing new begins until you judge one' if full else 'Nothing else goes on'}: overnight review"


def _standing(action: Action) -> str:
    flags = list(flags_of(action))
    look = f"look at {listed(flags, FLAGS)}" if flags else "checked and reviewed, nothing stands out"
    return f"{look}; {compact(action.usage.tokens)} tokens"
