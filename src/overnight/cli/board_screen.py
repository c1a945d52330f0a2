"""The board on a terminal: a group below the other, as wide as the terminal is; drawn once, or live."""

import sys
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import IO, cast

from rich.console import Console, ConsoleOptions, Group, RenderableType, RenderResult
from rich.live import Live
from rich.table import Table
from rich.text import Text

from overnight.actions.views.board_page import BoardLine, BoardPage
from overnight.actions.views.board_words import EMPTY, TEXT, advice, gauges, groups, state_words
from overnight.cli.outlet import Outlet
from overnight.words.foreign import printable

SETTLE_S = 0.5
WIDE = 100  # columns, from which an action needs one line
STYLES = {"Needs you": "bold yellow", "Flowing": "bold green", "Waiting": "bold", "Ended": "dim"}
SHOW_CURSOR = "\x1b[?25h"


def draw_board(page: BoardPage, now: float, *, note: str = "") -> RenderableType:
    """The board as it is now."""
    parts: list[RenderableType] = [] if page.total else [Text(EMPTY)]
    for title, lines in groups(page) if page.total else ():
        parts.append(Text(f"{title} ({len(lines)})" if lines else f"{title}: nothing", style=STYLES[title]))
        if lines:
            parts.append(_Lines(lines, now))
    parts += [Text(each, style="bold") for each in gauges(page) if page.total]
    parts += [Text(f"next: {each}", style="cyan") for each in advice(page)]
    if note:
        parts.append(Text(note, style="bold yellow"))
    return Group(*parts)


@contextmanager
def drawing() -> Iterator[Callable[[BoardPage, str], None]]:
    """A live screen: call what it gives with a board and a note; the last screen stays, and the cursor comes back."""
    outlet = Outlet(sys.stdout)  # a terminal that nobody reads holds nothing up
    console = Console(file=cast("IO[str]", outlet))
    try:
        with Live(console=console, auto_refresh=False, vertical_overflow="crop") as live:
            yield lambda page, note: live.update(draw_board(page, time.time(), note=note), refresh=True)
    finally:
        outlet.write(SHOW_CURSOR)
        outlet.settle(SETTLE_S)


@dataclass(frozen=True, slots=True)
class _Lines:
    """The actions of a group: a row each, or two lines each on a narrow terminal; what does not fit is cut."""

    lines: Sequence[BoardLine]
    now: float

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        if options.max_width >= WIDE:
            yield self._table()
            return
        for line in self.lines:
            title = f"{printable(line.title, TEXT)} ({printable(line.repository, TEXT)})"
            yield Text(f" #{line.number} {title}", no_wrap=True, overflow="ellipsis")
            yield Text(f"    {state_words(line, self.now)}", style="dim", no_wrap=True, overflow="ellipsis")

    def _table(self) -> Table:
        table = Table.grid(padding=(0, 1), expand=True)
        table.add_column(justify="right", no_wrap=True)
        table.add_column(ratio=2, no_wrap=True, overflow="ellipsis")
        table.add_column(ratio=1, no_wrap=True, overflow="ellipsis", style="dim", max_width=20)
        table.add_column(ratio=3, no_wrap=True, overflow="ellipsis")
        for line in self.lines:
            title, repository = Text(printable(line.title, TEXT)), Text(printable(line.repository, TEXT))
            table.add_row(f" #{line.number}", title, repository, Text(state_words(line, self.now)))
        return table
