"""An operation of another package: the text of its module."""

SNOW = '''
"""How deep the snow is."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Annotated

from annotated_types import Ge

from overnight.operations.operation import Argument, Context, Operation, Option, Tier


@dataclass(frozen=True, slots=True, kw_only=True)
class SnowInput:
    """Where to look."""

    place: Annotated[str, Argument(about="A name on the map.")]
    days: Annotated[int, Ge(1), Option(about="How many days.")] = 1


@dataclass(frozen=True, slots=True, kw_only=True)
class Snow:
    """What `snow depth --json` prints."""

    place: str
    depths_cm: tuple[int, ...]


def run(context: Context, given: SnowInput) -> Snow:
    """Look."""
    return Snow(place=given.place, depths_cm=tuple(range(given.days)))


OPERATION = Operation(
    name="snow depth",
    about="Show how deep the snow is.",
    input=SnowInput,
    output=Snow,
    tier=Tier.READ,
    of_machine=True,
    run=run,
    render=lambda snow: f"{snow.place}: {snow.depths_cm}",
    holds=lambda snow: snow.place != "nowhere",
)
'''
