"""What happens in a home, as events of its record."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache
from typing import TYPE_CHECKING, Annotated, Literal

from overnight.home.things import CommandOutcome, Neighbour, Property, Trait, Value
from overnight.ledger.json_text import dump, load
from overnight.operations.principal import Origin

if TYPE_CHECKING:
    from pydantic import TypeAdapter


@dataclass(frozen=True, slots=True, kw_only=True)
class DeviceSeen:
    """A device answered, for the first time or otherwise than before."""

    kind: Literal["device_seen"] = "device_seen"
    identity: str
    family: str
    address: str
    traits: tuple[Trait, ...] = ()
    properties: tuple[Property, ...] = ()
    name: str = ""  # its own words, printable
    maker: str = ""
    model: str = ""
    room: str = ""
    options: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class DeviceConfirmed:
    """The owner said what a device is called and where it stands: now it may be used."""

    kind: Literal["device_confirmed"] = "device_confirmed"
    device: int
    alias: str
    room: str = ""
    traits: tuple[Trait, ...] | None = None  # what it is for, such as a heater behind a switch; null: as it said
    moved_to: str | None = None  # the address that a device with a known identity may answer at now


@dataclass(frozen=True, slots=True, kw_only=True)
class DeviceDropped:
    """The owner wants nothing of a device any more."""

    kind: Literal["device_dropped"] = "device_dropped"
    device: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Commanded:
    """Something is sent to a device next; what happened to it is `Settled`."""

    kind: Literal["commanded"] = "commanded"
    device: int
    want: Mapping[str, Value]
    before: Mapping[str, Value] | None = None  # as it was read before; null: it did not answer
    principal: str = ""
    origin: Origin = Origin.OWNER
    undoes: int | None = None  # the command whose effect it takes back
    scene: int | None = None  # the run of a scene that it belongs to: number of its `SceneRun`


@dataclass(frozen=True, slots=True, kw_only=True)
class Settled:
    """What became of a command."""

    kind: Literal["settled"] = "settled"
    command: int
    outcome: CommandOutcome
    after: Mapping[str, Value] | None = None  # as it was read at last
    why: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Read:
    """A device was asked for its state, and it differs from what was read before, or the device was lost."""

    kind: Literal["read"] = "read"
    device: int
    values: Mapping[str, Value]
    asked: float  # Unix time


@dataclass(frozen=True, slots=True, kw_only=True)
class Lost:
    """A device that answered before does not answer."""

    kind: Literal["lost"] = "lost"
    device: int
    why: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Tripped:
    """A device ran while what it needs did not: it is switched off next."""

    kind: Literal["tripped"] = "tripped"
    device: int
    needs: int  # the number of what it needs
    why: str  # such as `pool pump does not run`


@dataclass(frozen=True, slots=True, kw_only=True)
class SceneSet:
    """A name for several commands at once; no steps: it is dropped."""

    kind: Literal["scene_set"] = "scene_set"
    name: str
    steps: Sequence[tuple[int, Mapping[str, Value]]]  # number of a device, and what is wanted of it


@dataclass(frozen=True, slots=True, kw_only=True)
class SceneRun:
    """The commands of a scene come next; a step without one was not begun."""

    kind: Literal["scene_run"] = "scene_run"
    name: str
    steps: Sequence[tuple[int, Mapping[str, Value]]]


@dataclass(frozen=True, slots=True, kw_only=True)
class RuleSet:
    """The owner's leave to set something physical without asking each time."""

    kind: Literal["rule_set"] = "rule_set"
    device: int
    property: str
    low: float | None = None  # of a number
    high: float | None = None
    values: tuple[Value, ...] = ()  # of anything else
    begin: int = 0  # minutes after midnight by the home's clock; equal to `end`: at any hour
    end: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class RuleDropped:
    """A rule counts no more."""

    kind: Literal["rule_dropped"] = "rule_dropped"
    rule: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Scanned:
    """A subnet that the owner named was looked at, and what answered differs from what answered before."""

    kind: Literal["scanned"] = "scanned"
    subnet: str
    neighbours: Sequence[Neighbour]  # all that are there as far as is known, also what an earlier scan found


@dataclass(frozen=True, slots=True, kw_only=True)
class LookoutSet:
    """The owner wants to know when something comes before a camera."""

    kind: Literal["lookout_set"] = "lookout_set"
    device: int
    what: str
    hours: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class LookoutDropped:
    """The owner does not want to know it any more."""

    kind: Literal["lookout_dropped"] = "lookout_dropped"
    lookout: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Sighted:
    """Something came that a lookout may mean: one for each visit."""

    kind: Literal["sighted"] = "sighted"
    device: int
    lookout: int
    label: str  # the detector's
    confirmed: Literal["yes", "no", "unsure", "detector"]  # by a vision model, or by the detector alone
    seen: float  # Unix time at which it came
    picture: str = ""  # the digest of the picture; empty: none was kept
    asked: int = 0  # calls of the vision model


@dataclass(frozen=True, slots=True, kw_only=True)
class SightingJudged:
    """The owner said whether a sighting was what they asked for."""

    kind: Literal["sighting_judged"] = "sighting_judged"
    sighting: int
    right: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class DriverTrusted:
    """The owner trusts a learned driver for one address, after it was tried there."""

    kind: Literal["driver_trusted"] = "driver_trusted"
    digest: str  # SHA-256 of its file
    address: str
    trait: Trait | None = None  # what the owner says that the device is; null: as the driver says
    tried: tuple[str, ...] = ()  # properties that were set, read back and restored: those that may be set


Event = (
    DeviceSeen
    | DeviceConfirmed
    | DeviceDropped
    | Commanded
    | Settled
    | Read
    | Lost
    | Tripped
    | SceneSet
    | LookoutSet
    | LookoutDropped
    | Sighted
    | SightingJudged
    | SceneRun
    | RuleSet
    | RuleDropped
    | Scanned
    | DriverTrusted
)


def subject_of(event: Event) -> int | None:
    """The device that an event is about, by its number."""
    return getattr(event, "device", None)


def encode(event: Event) -> bytes:
    """The event as JSON."""
    return dump(_adapter(), event)


def decode(body: str) -> Event:
    """The event of such a text; ValueError if it is none."""
    return load(_adapter(), body)


@cache
def _adapter() -> "TypeAdapter[Event]":
    from pydantic import Field, TypeAdapter

    return TypeAdapter(Annotated[Event, Field(discriminator="kind")])
