"""What the operations share that record a person's word on a result."""

from collections.abc import Sequence
from dataclasses import dataclass

from overnight.actions.operations._record import board_now, name_of, seen_action
from overnight.actions.operations._starting import have_board
from overnight.actions.state import ENDED, Action
from overnight.actions.views.board_page import DOING
from overnight.actions.views.gathering import flags_of
from overnight.operations.operation import Context
from overnight.secrets.broker import user_broker
from overnight.words.foreign import printable
from overnight.words.quantities import compact

MOST_TEXT = 10_000  # characters of a person's words
LINE = 200


@dataclass(frozen=True, slots=True, kw_only=True)
class JudgedAction:
    """What `accept`, `send back` and `drop` print with `--json`."""

    number: int
    title: str
    word: str  # accept, send back or drop
    commit: str  # that was judged; empty: there was none
    stage: str  # of the action now
    doing: str  # what happens next
    process: int | None  # that runs the board; null: none does, and nothing happens next
    notes: Sequence[str]  # what to know beside it


def judged(context: Context, action: Action, word: str) -> JudgedAction:
    """An action after a word on it, with a board that runs if there is something to do."""
    board = have_board(context.environment, start=action.stage not in ENDED)
    return JudgedAction(
        number=action.number,
        title=action.request.title,
        word=word,
        commit=action.commit,
        stage=action.stage.value,
        doing=DOING[action.stage],
        process=board.process,
        notes=(board.note,) if board.note else (),
    )


def cleaned(text: str) -> str:
    """A person's words as they are kept: without secrets."""
    return user_broker().scrubber().text(text[:MOST_TEXT]).strip()


def commit_of(number: int) -> str:
    """What an approval is bound to: the commit that the action is at, and how it stands."""
    action = board_now().actions.get(number)
    return f"{action.commit} {action.stage}" if action else ""


def told(context: Context, number: int) -> str:
    """What else the owner reads before they let somebody judge: which action it is, and what stands out."""
    action = seen_action(context, number)
    flags = ", ".join(flags_of(action)) or "nothing stands out"
    title = printable(action.request.title, LINE)
    return f"#{number} {title} ({name_of(context, action)}): {flags}; {compact(action.usage.tokens)} tokens"
