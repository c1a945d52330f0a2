"""`hub.yaml` as a checked record: what workers get, what a submission costs its sender, when a verdict is shown."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field

from overnight.errors import ProgramError, UserError
from overnight.files.own import read_unlinked
from overnight.git.repository import Repository, valid_tag
from overnight.program.front_matter import Value, load_front_matter
from overnight.program.mistakes import Wording, checked
from overnight.words.fields import Short, Text

SETTINGS = "hub.yaml"
LARGEST = 64 * 1024  # bytes
TAG = "pool"
MOST_HOLDOUTS = 100
FURTHER_PAIRS = 60  # of each block after it was added, see bench/README.md: a loss in one trial of 20 shows .95 of the time
CONNECTIONS = 2000  # at once: what a hub with a thousand workers needs, twice


@dataclass(frozen=True, slots=True, kw_only=True)
class HubSettings:
    """What the founder says of the hub."""

    project: str
    tag: str = TAG  # of the campaign that verifies
    worker: Mapping[str, Value] = field(default_factory=dict)  # keys of program.md that workers get in place of its own
    bounds: tuple[float | None, float | None] = (None, None)  # of the metric's values; null: none
    holdouts: tuple[str, ...] = ()  # commands that serve after the program's own, each when the one before is worn
    machine: str = ""  # class of the machine that verifies, as in "AMD EPYC, 1 core"
    stale_after: int = 20  # entries that a submission's parent may be behind the head
    invitations: bool = False  # whether a new key needs one of the founder's
    work_bits: int = 18  # of hashcash, for each commitment of a key that is not known: about a second of a core
    verdicts_every_s: float = 60.0  # by a clock that no worker's submission moves
    canaries: bool = True
    further_pairs: int = FURTHER_PAIRS
    connections: int = CONNECTIONS
    proxy: bool = False  # whether all that comes from loopback comes from a proxy that appends to X-Forwarded-For


class HubKeys(BaseModel):
    """The keys of `hub.yaml`."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    project: Short
    tag: Short = TAG
    worker: dict[str, object] = {}
    bounds: tuple[float | None, float | None] = (None, None)
    holdouts: Annotated[tuple[Text, ...], Field(max_length=MOST_HOLDOUTS)] = ()
    machine: Annotated[Text, Field(max_length=200)] = ""
    stale_after: Annotated[int, Field(ge=1, le=1000)] = 20
    invitations: bool = False
    work_bits: Annotated[int, Field(ge=0, le=40)] = 18
    verdicts_every_s: Annotated[float, Field(ge=0, le=86400)] = 60.0
    canaries: bool = True
    further_pairs: Annotated[int, Field(ge=0, le=10_000)] = FURTHER_PAIRS
    connections: Annotated[int, Field(ge=16, le=100_000)] = CONNECTIONS
    proxy: bool = False


WORDING = Wording(
    known={"": tuple(HubKeys.model_fields)},
    required={"project": "write what workers see: `project: faster-parser`"},
    written={},
)


def read_hub_settings(repository: Repository) -> HubSettings:
    """The settings in the founder's checkout.

    Raises:
        UserError: there are none, or they have mistakes.
    """
    path = repository.toplevel / SETTINGS
    try:
        text = read_unlinked(path, LARGEST).decode("utf-8")
    except FileNotFoundError as error:
        raise UserError(
            f"there is no {SETTINGS} in {repository.toplevel}", fix="write one with `overnight hub init`"
        ) from error
    except (OSError, UnicodeDecodeError) as error:
        raise UserError(f"{path} cannot be read: {error}", fix="put a plain text file in its place") from error
    return parse_hub_settings(text)


def parse_hub_settings(text: str, path: str = SETTINGS) -> HubSettings:
    """What a text says of the hub.

    Raises:
        ProgramError: it has mistakes; the message has all of them, each with its line, key and fix.
    """
    front = load_front_matter(text, path, first_line=1)
    keys = checked(HubKeys, front, WORDING, path)
    if not valid_tag(keys.tag):
        fix = "use letters, digits, '-', '_' and '.'"
        raise ProgramError("cannot be part of a branch name", path=path, line=front.line(("tag",)), key="tag", fix=fix)
    low, high = keys.bounds
    if low is not None and high is not None and not low < high:
        what, line = f"has no value between {low:g} and {high:g}", front.line(("bounds",))
        raise ProgramError(what, path=path, line=line, key="bounds", fix="write the least first, then the most")
    worker = front.values.get("worker")
    return HubSettings(
        project=keys.project,
        tag=keys.tag,
        worker=worker if isinstance(worker, dict) else {},
        bounds=keys.bounds,
        holdouts=keys.holdouts,
        machine=keys.machine,
        stale_after=keys.stale_after,
        invitations=keys.invitations,
        work_bits=keys.work_bits,
        verdicts_every_s=keys.verdicts_every_s,
        canaries=keys.canaries,
        further_pairs=keys.further_pairs,
        connections=keys.connections,
        proxy=keys.proxy,
    )
