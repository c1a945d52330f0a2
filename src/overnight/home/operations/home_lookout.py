"""Look out for something before a camera, or look out for it no more."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Annotated

from annotated_types import Ge

from overnight.errors import UserError
from overnight.home.events import LookoutDropped, LookoutSet
from overnight.home.eyes.lookouts import WORDS, hours_of, labels_of
from overnight.home.naming import find_device
from overnight.home.operations._home import opened, seen_by
from overnight.home.record.sightings import lookouts
from overnight.home.things import Device, Trait
from overnight.operations.operation import Argument, Context, Operation, Option, Settled, Tier
from overnight.operations.principal import Origin
from overnight.words.foreign import printable

MOST = 50
_WHAT = re.compile(r"[\w ]{1,60}")  # as clean as an alias: a model is shown it


@dataclass(frozen=True, slots=True, kw_only=True)
class LookoutInput:
    """What for, and where."""

    what: Annotated[str, Argument(about="Such as `delivery truck`, or a lookout's number with --drop.", metavar="WHAT")]
    camera: Annotated[str, Option(about="Its name; by default the only one.", metavar="CAMERA")] = ""
    hours: Annotated[str, Option(about="Only then, such as 07:00-20:00.", metavar="HOURS")] = ""
    drop: Annotated[bool, Option(about="Look out for it no more.")] = False


@dataclass(frozen=True, slots=True, kw_only=True)
class LookoutLine:
    """A lookout."""

    number: Annotated[int, Ge(1)]
    camera: str
    what: str
    hours: str  # empty: always
    dropped: bool = False


def run(context: Context, given: LookoutInput) -> LookoutLine:
    """Record it."""
    with opened() as (record, settings):
        devices = seen_by(context, record, settings)
        names = {device.number: device.alias for device in devices}
        known = [each for each in lookouts(record) if each.device in names]
        if given.drop:
            found = next((each for each in known if str(each.number) == given.what.removeprefix("#")), None)
            if found is None:
                raise UserError(f"there is no lookout `{printable(given.what, 40)}`", fix="overnight home lookouts")
            record.append(LookoutDropped(lookout=found.number))
            camera = names[found.device]
            return LookoutLine(number=found.number, camera=camera, what=found.what, hours=found.hours, dropped=True)
        device, what, hours = _camera(given.camera, devices), _what(given.what), _hours(given.hours)
        same = [each for each in known if (each.device, each.what, each.hours) == (device.number, what, hours)]
        if same:
            return LookoutLine(number=same[0].number, camera=device.alias, what=what, hours=hours)
        if len(known) >= MOST:
            raise UserError(f"there are {MOST} lookouts already", fix="drop some: overnight home lookout N --drop")
        number = record.append(LookoutSet(device=device.number, what=what, hours=hours))
        return LookoutLine(number=number, camera=device.alias, what=what, hours=hours)


def _camera(name: str, devices: Sequence[Device]) -> Device:
    cameras = [each for each in devices if Trait.CAMERA in each.traits and each.alias]
    if not name and len(cameras) == 1:
        return cameras[0]
    named = ", ".join(sorted(each.alias for each in cameras))
    if not name:
        raise UserError("say which camera" if cameras else "no camera has a name yet", fix=named or "overnight home scan")
    found = find_device(name, devices)
    if found not in cameras:
        raise UserError(f"{found.alias or name} is no camera with a name", fix=f"those: {named or 'overnight home scan'}")
    return found


def _what(text: str) -> str:
    what = " ".join(text.split())
    if not _WHAT.fullmatch(what):
        raise UserError(f"`{printable(text, 60)}` cannot be looked out for", fix="use up to 60 letters, digits and spaces")
    if labels_of(what) is None:
        raise UserError(f"no detector knows `{what}`", fix=f"name one of {', '.join(WORDS)} in it")
    return what


def _hours(text: str) -> str:
    try:
        span = hours_of(text)
    except ValueError as error:
        raise UserError(f"`{printable(text, 40)}` are no hours", fix=str(error)) from error
    return f"{span[0]:%H:%M}-{span[1]:%H:%M}" if span else ""


def read_back(_context: Context, given: LookoutInput, _found: LookoutLine | None) -> Settled:
    """What the record has."""
    with opened() as (record, _):
        whats = {str(each.number) for each in lookouts(record)} if given.drop else {each.what for each in lookouts(record)}
        there = given.what.removeprefix("#") in whats
        return Settled.DONE if there != given.drop else Settled.NOT_DONE


def render(found: LookoutLine) -> str:
    """What is looked out for."""
    hours = f", {found.hours}" if found.hours else ""
    if found.dropped:
        return f"Nobody looks out for {found.what} at {found.camera} any more."
    return f"#{found.number}: looking out for {found.what} at {found.camera}{hours}."


OPERATION = Operation(
    name="home lookout",
    about="Look out for something before a camera, such as a delivery truck.",
    details="`overnight home watch` watches. A vision model confirms what the detector finds, if one may be asked.",
    input=LookoutInput,
    output=LookoutLine,
    tier=Tier.REVERSIBLE,
    of_machine=True,
    run=run,
    words=Origin.CLAW,
    render=render,
    read_back=read_back,
)
