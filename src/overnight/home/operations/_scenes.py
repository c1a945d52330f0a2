"""What the operations on scenes share."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Annotated, Protocol

from overnight.errors import UserError
from overnight.home.acting.scopes import is_theirs, sees_all
from overnight.home.naming import key_of
from overnight.home.operations._home import opened, seen_by, value_words
from overnight.home.operations._setting import Wanted
from overnight.home.record.record import HomeRecord
from overnight.home.settings import HomeSettings
from overnight.home.things import Value
from overnight.operations.operation import Argument, Context
from overnight.words.foreign import printable

SceneName = Annotated[str, Argument(about="Its name, such as `sleepy time`.", metavar="NAME")]
SHOWN = 60  # characters of a name in a message


class NamesScene(Protocol):
    """An input that names a scene."""

    @property
    def name(self) -> str:
        """Its name."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class SceneStep:
    """What a scene wants of a device."""

    device: int
    name: str  # empty: the device is known no more
    wanted: Mapping[str, Value]


@dataclass(frozen=True, slots=True, kw_only=True)
class Scene:
    """A scene."""

    name: str
    steps: Sequence[SceneStep]


def scenes_of(record: HomeRecord) -> Sequence[Scene]:
    """All of them."""
    names = {each.number: each.alias for each in record.devices()}
    return [
        Scene(
            name=name,
            steps=[SceneStep(device=number, name=names.get(number, ""), wanted=want) for number, want in steps],
        )
        for name, steps in record.scenes().items()
    ]


def scenes_for(context: Context, record: HomeRecord, settings: HomeSettings) -> Sequence[Scene]:
    """Those that a caller is shown: without any device that they may not see."""
    seen = {each.number for each in seen_by(context, record, settings)}
    whole = sees_all(context.principal, context.origin)
    return [each for each in scenes_of(record) if whole or seen.issuperset(step.device for step in each.steps)]


def find_scene(context: Context, record: HomeRecord, settings: HomeSettings, name: str) -> Scene:
    """The scene of a name, of those with devices that the caller may use.

    Raises:
        UserError: there is none.
    """
    theirs = {each.number for each in record.devices() if is_theirs(settings, context.principal, each)}
    named = [each for each in scenes_of(record) if key_of(each.name) == key_of(name)]
    may_all = not context.principal.kind.is_let_in
    found = next((each for each in named if may_all or theirs.issuperset(step.device for step in each.steps)), None)
    if found is None:
        known = ", ".join(each.name for each in scenes_for(context, record, settings)) or "none yet: overnight home scene set"
        raise UserError(f"there is no scene `{printable(name, SHOWN)}`", fix=f"those there are: {known}")
    return found


def as_it_is(_context: Context, given: "NamesScene") -> str:
    """What an approval to change a scene is bound to."""
    with opened() as (record, _):
        names = {each.number: [each.identity, each.alias] for each in record.devices()}
        found = [steps for name, steps in record.scenes().items() if key_of(name) == key_of(given.name)]
        return json.dumps([names, found], sort_keys=True, default=dict)


def wanted_by(record: HomeRecord, scene: Scene) -> list[Wanted]:
    """Its devices that are known, and what is wanted of each."""
    devices = {each.number: each for each in record.devices()}
    return [(devices[each.device], each.wanted) for each in scene.steps if each.name]


def step_words(step: SceneStep) -> str:
    """A step in a line."""
    return f"{step.name or f'#{step.device}, which is known no more'}: {value_words(step.wanted)}"
