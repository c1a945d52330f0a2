"""Give a name to several commands."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Annotated

from overnight.errors import UserError
from overnight.home.acting.limits import check
from overnight.home.events import SceneSet
from overnight.home.naming import check_alias, key_of
from overnight.home.operations._home import find_theirs, opened, read_wanted
from overnight.home.operations._scenes import Scene, SceneName, as_it_is, find_scene, step_words
from overnight.home.record.record import HomeRecord
from overnight.home.settings import HomeSettings
from overnight.home.things import Value
from overnight.operations.operation import Argument, Context, Operation, Tier, repeatable
from overnight.operations.principal import Origin
from overnight.words.foreign import printable

_MORE = re.compile(r",(?=\w+=)")  # between two properties
MOST = 50  # devices of a scene


@dataclass(frozen=True, slots=True, kw_only=True)
class SceneSetInput:
    """What it is called, and what is in it."""

    name: SceneName
    steps: Annotated[
        tuple[str, ...],
        Argument(
            about="What to set, such as `study lamp:on=false` or `hall:brightness=20,on=true`.", metavar="DEVICE:NAME=VALUE"
        ),
    ]


def run(context: Context, given: SceneSetInput) -> Scene:
    """Record it."""
    name = check_alias(given.name)
    with opened() as (record, settings):
        known = next((each for each in record.scenes() if key_of(each) == key_of(name)), name)
        record.append(SceneSet(name=known, steps=_steps(context, record, settings, given.steps)))
        return find_scene(context, record, settings, known)


def _steps(
    context: Context, record: HomeRecord, settings: HomeSettings, texts: Sequence[str]
) -> list[tuple[int, Mapping[str, Value]]]:
    if not 1 <= len(texts) <= MOST:
        raise UserError(f"a scene has 1 to {MOST} devices", fix="write each as DEVICE:NAME=VALUE")
    found: dict[int, Mapping[str, Value]] = {}
    for text in texts:
        name, sign, values = text.partition(":")
        if not sign:
            fix = "write DEVICE:NAME=VALUE, such as `study lamp:on=false`"
            raise UserError(f"`{printable(text, 60)}` is no step of a scene", fix=fix)
        device = find_theirs(context, record, settings, name)
        want = read_wanted(_MORE.split(values))
        check(device, want, settings.limits_of(device.alias))
        found[device.number] = {**found.get(device.number, {}), **want}
    return list(found.items())


def render(found: Scene) -> str:
    """What is in it."""
    return "\n".join([f"{found.name}:", *(f"  {step_words(each)}" for each in found.steps)])


OPERATION = Operation(
    name="home scene set",
    about="Make a scene: a name for what several devices are set to.",
    input=SceneSetInput,
    output=Scene,
    tier=Tier.COSTLY,
    state=as_it_is,
    of_machine=True,
    run=run,
    words=Origin.TOOL,
    render=render,
    read_back=repeatable,
)
