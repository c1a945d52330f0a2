"""What a worker's owner allows any hub: `work.yaml` beside the settings. A hub may ask for less, never for more."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from overnight.config import settings_path
from overnight.errors import UserError
from overnight.files.own import read_regular
from overnight.program.fields import SECONDS_PER_HOUR, Count, Duration, Size
from overnight.program.front_matter import load_front_matter
from overnight.program.mistakes import Wording, checked
from overnight.program.parser import WRITTEN
from overnight.program.program import WITHOUT_MODELS
from overnight.program.schema import KEYS, ResearcherKeys
from overnight.words.fields import MAX_ITEMS

NAME = "work.yaml"
LARGEST = 100_000  # bytes of it
TUNER: Mapping[str, Any] = {"role": "tuner", "use": "tuner"}  # Any: YAML


class _Caps(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)

    wall: Annotated[Duration, Field(gt=0, le=24 * SECONDS_PER_HOUR)] = 1800.0
    memory: Annotated[Size, Field(gt=0)] = 4 * 1000**3
    cpus: Annotated[Count, Field(ge=1)] = 2
    gpus: Annotated[Count, Field(ge=0)] = 0
    disk: Annotated[Size, Field(gt=0)] = 2 * 1000**3


class _Keys(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)

    limits: _Caps = _Caps()
    researchers: Annotated[tuple[ResearcherKeys, ...], Field(min_length=1, max_length=MAX_ITEMS)] = ()


_WORDING = Wording(
    known={"": tuple(_Keys.model_fields), "limits": tuple(_Caps.model_fields), "researchers": KEYS["researchers"]},
    required={"role": "write `role: NAME`", "use": "write `use: tuner`"},
    written=WRITTEN,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Caps:
    """What one trial of a hub's project may use at most."""

    wall_s: float = 1800.0
    memory_bytes: int = 4 * 1000**3
    cpus: int = 2
    gpus: int = 0
    disk_bytes: int = 2 * 1000**3


@dataclass(frozen=True, slots=True, kw_only=True)
class WorkSettings:
    """The owner's settings."""

    caps: Caps = Caps()
    researchers: Sequence[Mapping[str, Any]] = (TUNER,)  # as program.md lists them; Any: YAML


def read_settings(environment: Mapping[str, str], home: Path) -> WorkSettings:
    """The settings, with a default for whatever is not set.

    Raises:
        UserError: the file has a mistake.
    """
    path = settings_path(environment, home).with_name(NAME)
    try:
        text = read_regular(path, LARGEST).decode()
    except FileNotFoundError:
        return WorkSettings()
    except (OSError, UnicodeDecodeError) as error:
        raise UserError(f"{path} cannot be read", fix="put a plain text file in its place, or delete it") from error
    front = load_front_matter(text, str(path), first_line=1)
    keys = checked(_Keys, front, _WORDING, str(path))
    limits = keys.limits
    listed = front.values.get("researchers")
    return WorkSettings(
        caps=Caps(wall_s=limits.wall, memory_bytes=limits.memory, cpus=limits.cpus, gpus=limits.gpus, disk_bytes=limits.disk),
        researchers=tuple(each for each in listed if isinstance(each, dict)) if isinstance(listed, list) else (TUNER,),
    )


def chosen_researchers(words: Sequence[str], settings: WorkSettings) -> Sequence[Mapping[str, Any]]:  # Any: YAML
    """Who searches: by words such as `tuner`, `agent`, `agent:MODEL` or `command:my-agent`, else by the settings.

    Raises:
        UserError: a word names none.
    """
    return [_researcher(word, index) for index, word in enumerate(dict.fromkeys(words))] or settings.researchers


def _researcher(word: str, index: int) -> Mapping[str, Any]:  # Any: YAML
    use, colon, rest = word.partition(":")
    made = {"role": use if index == 0 else f"{use}{index + 1}", "use": use}
    if colon:
        made["command" if use in {"command", "acp"} else "model"] = rest
    try:
        ResearcherKeys.model_validate(made)
    except ValidationError as error:
        fix = "write tuner, agent, agent:MODEL, editor, acp:COMMAND or command:COMMAND"
        raise UserError(f"`--researcher {word}` names no researcher", fix=fix) from error
    return made


def asks_models(researchers: Sequence[Mapping[str, Any]]) -> bool:  # Any: YAML
    """Whether one of them may cost tokens."""
    return any(each["use"] not in WITHOUT_MODELS for each in researchers)
