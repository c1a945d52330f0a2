"""Who brought how much of a hub's chain."""

from overnight.operations.page import Page
from overnight.pool.operations import hub_board
from overnight.pool.pages._words import HUB, beside_each_other, record_files, words

PAGE = Page(
    address=f"{HUB}/board",
    operation=hub_board.OPERATION,
    title=lambda _found: "Who brought what",
    template="board.html.j2",
    links=beside_each_other,
    watches=record_files,
    beside=words,
)
