"""Forget a scene."""

from dataclasses import dataclass

from overnight.home.events import SceneSet
from overnight.home.operations._home import opened
from overnight.home.operations._scenes import Scene, SceneName, as_it_is, find_scene
from overnight.operations.operation import Context, Operation, Tier, repeatable
from overnight.operations.principal import Origin


@dataclass(frozen=True, slots=True, kw_only=True)
class SceneDropInput:
    """Which one."""

    name: SceneName


def run(context: Context, given: SceneDropInput) -> Scene:
    """Record it."""
    with opened() as (record, settings):
        found = find_scene(context, record, settings, given.name)
        record.append(SceneSet(name=found.name, steps=()))
        return found


OPERATION = Operation(
    name="home scene drop",
    about="Drop a scene; its devices stay as they are.",
    input=SceneDropInput,
    output=Scene,
    tier=Tier.COSTLY,
    state=as_it_is,
    of_machine=True,
    run=run,
    words=Origin.TOOL,
    render=lambda found: f"{found.name} is dropped",
    read_back=repeatable,
)
