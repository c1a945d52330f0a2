"""Run a scene: all of its devices at once, and what became of each is said."""

from collections.abc import Sequence
from dataclasses import dataclass

from overnight.home.acting.commanding import Order
from overnight.home.acting.scenes import command_all
from overnight.home.events import SceneRun
from overnight.home.operations._home import opened
from overnight.home.operations._scenes import SceneName, find_scene, wanted_by
from overnight.home.operations._setting import (
    Setting,
    Wanted,
    WasSet,
    change_words,
    follows,
    set_words,
    was_set,
    whose_set,
    worst_tier,
)
from overnight.home.record.record import HomeRecord
from overnight.home.settings import HomeSettings
from overnight.home.things import CommandOutcome
from overnight.operations.operation import Context, Operation, Settled, Tier


@dataclass(frozen=True, slots=True, kw_only=True)
class SceneRunInput:
    """Which one."""

    name: SceneName


@dataclass(frozen=True, slots=True, kw_only=True)
class SceneRan:
    """What became of a scene."""

    run: int  # its number, for `home undo`
    name: str
    steps: Sequence[WasSet]
    gone: Sequence[int] = ()  # devices of it that are known no more


def run(context: Context, given: SceneRunInput) -> SceneRan:
    """Command all of it."""
    import anyio

    with opened() as (record, settings):
        scene = find_scene(context, record, settings, given.name)
        wanted = wanted_by(record, scene)
        number = record.append(SceneRun(name=scene.name, steps=[(each.device, dict(each.wanted)) for each in scene.steps]))
        orders = [
            (device, Order(want=want, principal=str(context.principal), origin=context.origin, scene=number))
            for device, want in wanted
        ]
        results = anyio.run(command_all, record, settings, orders)
        steps = [was_set(device, want, result) for (device, want), result in zip(wanted, results, strict=True)]
        gone = [each.device for each in scene.steps if not each.name]
        return SceneRan(run=number, name=scene.name, steps=steps, gone=gone)


def _wanted(context: Context, record: HomeRecord, settings: HomeSettings, given: SceneRunInput) -> Sequence[Wanted]:
    return wanted_by(record, find_scene(context, record, settings, given.name))


def tells(context: Context, given: SceneRunInput) -> str:
    """The steps that need the owner's word."""
    with opened() as (record, settings):
        wanted = _wanted(context, record, settings, given)
        asked = [each for each in wanted if worst_tier(context, record, settings, [each]).exceeds(Tier.REVERSIBLE)]
        return change_words(record, asked or wanted)


def read_back(context: Context, given: SceneRunInput, found: SceneRan | None) -> Settled:
    """What the commands found out; after a kill, the devices are asked."""
    if found is None:
        return SETTING.settled(context, given)
    return Settled.UNKNOWN if any(each.outcome is CommandOutcome.UNKNOWN for each in found.steps) else Settled.DONE


SETTING = Setting(_wanted)


def render(found: SceneRan) -> str:
    """How many are done, and a line for each that is not."""
    done = [each for each in found.steps if each.outcome is CommandOutcome.DONE]
    count = len(found.steps) + len(found.gone)
    lines = [f"{found.name}: {len(done)} of {count} done (read back; #{found.run})"]
    lines += [f"  {set_words(each)}" for each in found.steps if each.outcome is not CommandOutcome.DONE]
    lines += [f"  #{number} is known no more" for number in found.gone]
    return "\n".join(lines)


OPERATION = Operation(
    name="home scene run",
    about="Run a scene of the home, and read back what became of each device.",
    input=SceneRunInput,
    output=SceneRan,
    tier=Tier.REVERSIBLE,
    raised=SETTING.tier,
    requires=SETTING.requires,
    state=SETTING.state,
    tells=tells,
    of_machine=True,
    run=run,
    follows=lambda found: follows(found.steps),
    words=lambda found: whose_set(found.steps),
    render=render,
    holds=lambda found: not found.gone and all(each.outcome is CommandOutcome.DONE for each in found.steps),
    read_back=read_back,
)
