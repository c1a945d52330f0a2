"""The home: what is wrong, what waits for the owner, each room with its devices, scenes and rules."""

from collections.abc import Mapping, Sequence
from pathlib import Path

from overnight.home.operations import home_status
from overnight.home.operations.home_status import NOTHING, HomeStatus, summary_words
from overnight.home.pages._words import record_files, words
from overnight.operations.operation import Context
from overnight.operations.page import Link, Page
from overnight.operations.pages import address_of


def watches(_context: Context, _given: home_status.StatusInput) -> Sequence[Path]:
    """The home's record, and the questions."""
    return record_files()


def links(found: HomeStatus, _here: str) -> Sequence[Link]:
    """Each device."""
    states = [*(each for room in found.rooms for each in room.devices), *found.unnamed]
    cameras = [Link(address="/house/sightings", about="What came before the cameras")] if states else []
    return cameras + [
        Link(address=address_of("/house/{device}", device=each.number), about=each.name or f"Device {each.number}")
        for each in states
    ]


def beside(_context: Context, _given: home_status.StatusInput, found: HomeStatus) -> Mapping[str, object]:
    """Words for people."""
    return {**words(), "summary": summary_words(found), "nothing": NOTHING}


def title(found: HomeStatus) -> str:
    """How much needs a person, for a tab that is not looked at."""
    count = len(found.asks) + len(found.troubles)
    return f"({count}) House" if count else "House"


PAGE = Page(
    address="/house",
    operation=home_status.OPERATION,
    title=title,
    template="house.html.j2",
    word="House",
    orders=("home set", "home scene run", "home undo", "home name", "home unrule", "approve", "refuse"),
    links=links,
    shows_links=True,
    watches=watches,
    beside=beside,
)
