"""What is looked out for, and how often the owner was told rightly."""

from collections.abc import Sequence
from dataclasses import dataclass

from overnight.home.operations._home import opened, seen_by
from overnight.home.record.sightings import Tally, lookouts, tallies
from overnight.operations.operation import Context, Operation, Tier
from overnight.operations.principal import Origin


@dataclass(frozen=True, slots=True, kw_only=True)
class LookoutsInput:
    """Nothing."""


@dataclass(frozen=True, slots=True, kw_only=True)
class KnownLookoutLine:
    """A lookout, and how its camera does."""

    number: int
    camera: str
    what: str
    hours: str  # empty: always
    judged: int  # sightings of this camera that the owner judged
    right: int  # of them


def run(context: Context, _given: LookoutsInput) -> Sequence[KnownLookoutLine]:
    """All that count."""
    with opened() as (record, settings):
        names = {device.number: device.alias for device in seen_by(context, record, settings)}
        done = tallies(record)
        return [
            KnownLookoutLine(
                number=each.number,
                camera=names[each.device],
                what=each.what,
                hours=each.hours,
                judged=done.get(each.device, _NONE).judged,
                right=done.get(each.device, _NONE).right,
            )
            for each in lookouts(record)
            if each.device in names
        ]


_NONE = Tally(judged=0, right=0)


def render(found: Sequence[KnownLookoutLine]) -> str:
    """A line each."""
    if not found:
        return "Nothing is looked out for: overnight home lookout 'delivery truck'"
    return "\n".join(
        f"#{each.number} {each.what} at {each.camera}{f', {each.hours}' if each.hours else ''}"
        + (f" ({each.right} of {each.judged} judged right at this camera)" if each.judged else "")
        for each in found
    )


OPERATION = Operation(
    name="home lookouts",
    about="List what is looked out for before cameras, and how often it was right.",
    input=LookoutsInput,
    output=Sequence[KnownLookoutLine],
    tier=Tier.READ,
    of_machine=True,
    run=run,
    words=Origin.CLAW,
    render=render,
)
