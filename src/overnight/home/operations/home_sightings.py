"""What came before the cameras."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Annotated

from annotated_types import Ge, Le

from overnight.home.naming import find_device
from overnight.home.operations._home import opened, seen_by
from overnight.home.record.sightings import sightings
from overnight.home.sightings.pictures import path_of
from overnight.operations.operation import Context, Operation, Option, Tier
from overnight.operations.principal import Origin

MOST = 200  # that are looked through, and shown


@dataclass(frozen=True, slots=True, kw_only=True)
class SightingsInput:
    """Which ones."""

    camera: Annotated[str, Option(about="Of this camera alone.", metavar="CAMERA")] = ""
    what: Annotated[str, Option(about="Of what was looked out for, in the same words.", metavar="WHAT")] = ""
    after: Annotated[int, Ge(0), Option(about="Those with a larger number.", metavar="N")] = 0
    everything: Annotated[bool, Option(about="Also what a vision model says is not it.", flags=("--all",))] = False
    most: Annotated[int, Ge(1), Le(MOST), Option(about="At most so many.", shows_default=True)] = 20


@dataclass(frozen=True, slots=True, kw_only=True)
class SightingLine:
    """Something that came."""

    number: int
    camera: str
    what: str  # that was asked for
    label: str  # the detector's word for it
    confirmed: str  # yes, no or unsure by a vision model; detector: its word alone
    seen: float  # Unix time
    asked: int  # calls of the vision model
    picture: str  # the digest; empty: not kept
    path: str  # its file; empty: not kept any more
    right: bool | None  # by the owner; null: they did not say


def run(context: Context, given: SightingsInput) -> Sequence[SightingLine]:
    """The newest first."""
    with opened() as (record, settings):
        devices = seen_by(context, record, settings)
        number = find_device(given.camera, devices).number if given.camera else None
        found = sightings(record, device=number, what=given.what, told=not given.everything, after=given.after, most=MOST)
        names = {device.number: device.alias for device in devices}
        return [
            SightingLine(
                number=each.number,
                camera=names[each.device],
                what=each.what,
                label=each.label,
                confirmed=each.confirmed,
                seen=each.seen,
                asked=each.asked,
                picture=each.picture,
                path=path_of(record.folder, each.picture),
                right=each.right,
            )
            for each in found
            if each.device in names
        ][: given.most]


NOTHING = "No sighting is recorded. Whether the cameras are watched: overnight home status"


def render(found: Sequence[SightingLine]) -> str:
    """A line each."""
    return "\n".join(map(line_words, found)) or NOTHING


def line_words(line: SightingLine) -> str:
    """One of them, as a person reads it."""
    seen = f"{datetime.fromtimestamp(line.seen).astimezone():%Y-%m-%d %H:%M:%S}"
    how = {
        "yes": f"confirmed by a vision model ({line.asked} looks)",
        "no": "not by the vision model",
        "unsure": "unsure",
        "detector": f"by the detector alone: {line.label}",
    }[line.confirmed]
    judged = {None: "", True: ", right", False: ", wrong"}[line.right]
    return f"#{line.number} {seen} {line.what} at {line.camera}, {how}{judged} {line.path}".rstrip()


OPERATION = Operation(
    name="home sightings",
    about="List what came before the cameras of what is looked out for.",
    input=SightingsInput,
    output=Sequence[SightingLine],
    tier=Tier.READ,
    of_machine=True,
    run=run,
    words=Origin.CLAW,
    render=render,
)
