"""The board as the ledger keeps it, so that nobody has to fold all events to look at it."""

import hashlib
from collections.abc import Iterator
from dataclasses import fields, is_dataclass, replace
from functools import cache
from typing import TYPE_CHECKING, Any, get_args, get_type_hints

from overnight.actions.state import ENDED, Board
from overnight.ledger.json_text import dump, load

if TYPE_CHECKING:
    from pydantic import TypeAdapter

FOLD = 1  # raised when an event folds differently; that a record has another field is seen by itself


def dump_board(board: Board) -> bytes:
    """The board as JSON, for a snapshot."""
    return _form() + dump(_adapter(), replace(board, open={}))


def load_board(snapshot: bytes) -> Board:
    """The board of a snapshot; raises ValueError if it is of another version, and then the caller folds the events again."""
    if not snapshot.startswith(_form()):
        raise ValueError("the snapshot is of another version")
    board = load(_adapter(), snapshot.removeprefix(_form()))
    return replace(board, open={number: action for number, action in board.actions.items() if action.stage not in ENDED})


@cache
def _form() -> bytes:
    """What a snapshot of this version begins with."""
    shape = "\n".join(sorted(set(_shapes(Board))))
    return f"{FOLD} {hashlib.sha256(shape.encode()).hexdigest()[:16]}\n".encode()


def _shapes(form: Any) -> Iterator[str]:  # Any: a class, or a form of one
    """The fields of a record, and of all records in it."""
    if is_dataclass(form) and isinstance(form, type):
        hints = get_type_hints(form)
        yield f"{form.__name__}: {', '.join(f'{field.name} {hints[field.name]}' for field in fields(form))}"
        for hint in hints.values():
            yield from _shapes(hint)
    for each in get_args(form):
        yield from _shapes(each)


@cache
def _adapter() -> "TypeAdapter[Board]":
    from pydantic import TypeAdapter

    return TypeAdapter(Board)
