"""What came before the cameras, with pictures; the owner says whether it was what they asked for."""

from collections.abc import Mapping, Sequence
from pathlib import Path

from overnight.home.operations import home_lookouts, home_sightings
from overnight.home.operations.home_lookouts import LookoutsInput
from overnight.home.operations.home_sightings import SightingLine
from overnight.home.pages._words import record_files
from overnight.home.record.record import has_home, home_folder
from overnight.home.sightings.pictures import read
from overnight.operations.operation import Context
from overnight.operations.page import Link, Page

HOW = {
    "yes": "a vision model confirms it",
    "no": "a vision model says that it is not",
    "unsure": "a vision model is not sure",
    "detector": "by the detector alone",
}


def watches(_context: Context, _given: home_sightings.SightingsInput) -> Sequence[Path]:
    """The home's record."""
    return record_files()


def links(_found: Sequence[SightingLine], _here: str) -> Sequence[Link]:
    """The house."""
    return (Link(address="/house", about="The whole house"),)


def beside(context: Context, _given: home_sightings.SightingsInput, _found: object) -> Mapping[str, object]:
    """What is looked out for, and words."""
    lookouts = home_lookouts.run(context, LookoutsInput()) if has_home() else ()
    return {"lookouts": lookouts, "how": lambda confirmed: HOW.get(confirmed, "")}


def picture(_context: Context, found: Sequence[SightingLine], name: str) -> bytes | None:
    """The picture of a sighting that the page shows."""
    return read(home_folder(), name) if name and name in {each.picture for each in found} else None


PAGE = Page(
    address="/house/sightings",
    operation=home_sightings.OPERATION,
    title=lambda _: "Sightings",
    template="sightings.html.j2",
    orders=("home verdict", "home lookout"),
    links=links,
    watches=watches,
    beside=beside,
    picture=picture,
)
