"""The loops of this machine."""

import os
from collections.abc import Mapping, Sequence
from pathlib import Path

from overnight.jobs.listing import LoopLine, LoopList
from overnight.jobs.schedule_words import time_words
from overnight.operations import watched
from overnight.operations.operation import Context
from overnight.operations.own import ps
from overnight.operations.page import Link, Page
from overnight.operations.pages import address_of, find_page


def links(_found: LoopList, _here: str) -> Sequence[Link]:
    """The first page."""
    return (Link(address="/home", about="What runs, and what waits for you"),)


def watches(_context: Context, _given: ps.PsInput) -> Sequence[Path]:
    """What is written down of each loop."""
    return watched.loops()


def beside(context: Context, _given: ps.PsInput, found: LoopList) -> Mapping[str, object]:
    """Words for people, and the page of each loop."""
    return {"next_words": next_words, "places": places_of(found.loops, context)}


def places_of(lines: Sequence[LoopLine], context: Context) -> Mapping[str, str]:
    """The address of the page of each loop, by its key; empty: it has none, or its repository is not served."""
    served = {os.path.realpath(folder): name for name, folder in context.repositories.items()}
    return {line.key: _place(line, served.get(os.path.realpath(line.folder), "")) for line in lines}


def _place(line: LoopLine, repository: str) -> str:
    pattern = f"/{line.system}s/{{part}}" if line.system == "task" else f"/repos/{{repo}}/{line.system}s/{{part}}"
    address = address_of(pattern, repo=repository, part=line.part)
    return address if (repository or line.system == "task") and find_page(address) else ""


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
