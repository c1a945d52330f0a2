"""The board: what needs a person, what flows, what waits; a new action is asked for here."""

from collections.abc import Mapping, Sequence
from pathlib import Path

from overnight.actions.operations import board
from overnight.actions.pages._words import record_file, words
from overnight.actions.views.board_page import BoardPage
from overnight.operations.operation import Context
from overnight.operations.page import Link, Page
from overnight.operations.pages import address_of, with_query
from overnight.words.foreign import printable

ENDED = 50  # that are listed when they are asked for
MOST = 100  # actions of a group that are listed
TITLE = 72  # characters


def watches(_context: Context, _given: board.BoardInput) -> Sequence[Path]:
    """The record of all actions, and who runs the board."""
    return (record_file(), record_file().with_name("lock"))


def links(found: BoardPage, here: str) -> Sequence[Link]:
    """Each action, and what ended before."""
    shown = (found.needs_you, found.undelivered, found.flowing, found.waiting, found.ended)
    listed = {line.number: line for group in shown for line in group[:MOST]}.values()
    each = (
        Link(
            address=address_of("/actions/{number}", number=line.number), about=f"{line.number}: {printable(line.title, TITLE)}"
        )
        for line in listed
    )
    return (*each, Link(address=with_query(here, ended=ENDED), about="What has ended"))


def beside(context: Context, given: board.BoardInput, _found: BoardPage) -> Mapping[str, object]:
    """Words for people, and where something can be asked for."""
    return {**words(), "repositories": sorted(context.repositories), "more": ENDED if given.ended < ENDED else 0}


def title(found: BoardPage) -> str:
    """How much needs a person, for a tab that is not looked at."""
    count = len(found.needs_you) + len(found.undelivered)
    return f"({count}) Actions" if count else "Actions"


PAGE = Page(
    address="/actions",
    operation=board.OPERATION,
    title=title,
    template="board.html.j2",
    word="Actions",
    orders=("do",),
    links=links,
    shows_links=True,
    watches=watches,
    beside=beside,
)
