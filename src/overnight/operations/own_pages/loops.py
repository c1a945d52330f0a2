"""The loops of this machine."""

from collections.abc import Mapping, Sequence
from pathlib import Path

from overnight.jobs.listing import LoopLine, LoopList
from overnight.jobs.schedule_words import time_words
from overnight.operations import watched
from overnight.operations.operation import Context
from overnight.operations.own import ps
from overnight.operations.page import Link, Page


def links(_found: LoopList, _here: str) -> Sequence[Link]:
    """The first page."""
    return (Link(address="/home", about="What runs, and what waits for you"),)


def watches(_context: Context, _given: ps.PsInput) -> Sequence[Path]:
    """What is written down of each loop."""
    return watched.loops()


def beside(_context: Context, _given: ps.PsInput, _found: LoopList) -> Mapping[str, object]:
    """Words for people."""
    return {"next_words": next_words}


def next_words(line: LoopLine) -> str:
    """When it is started next, as clocks show it; empty if it is not."""
    return "" if line.next is None else time_words(line.next, line.zone or "UTC")


PAGE = Page(
    address="/loops",
    operation=ps.OPERATION,
    title=lambda _: "Loops",
    template="loops.html.j2",
    word="Loops",
    links=links,
    watches=watches,
    beside=beside,
)
