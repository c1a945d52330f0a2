"""The scenes of the home."""

from collections.abc import Sequence
from dataclasses import dataclass

from overnight.home.operations._home import opened
from overnight.home.operations._scenes import Scene, scenes_for, step_words
from overnight.operations.operation import Context, Operation, Tier
from overnight.operations.principal import Origin


@dataclass(frozen=True, slots=True, kw_only=True)
class ScenesInput:
    """Nothing."""


def run(context: Context, _given: ScenesInput) -> Sequence[Scene]:
    """All of them."""
    with opened() as (record, settings):
        return scenes_for(context, record, settings)


def render(found: Sequence[Scene]) -> str:
    """A line each."""
    if not found:
        return "There are no scenes. Make one: overnight home scene set 'sleepy time' 'study lamp:on=false'"
    return "\n".join(f"{each.name}: {'; '.join(map(step_words, each.steps))}" for each in found)


OPERATION = Operation(
    name="home scenes",
    about="List the scenes of the home.",
    input=ScenesInput,
    output=Sequence[Scene],
    tier=Tier.READ,
    of_machine=True,
    run=run,
    words=Origin.TOOL,
    render=render,
)
