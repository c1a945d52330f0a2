"""What happens while somebody learns, as events of their record."""

from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING, Annotated, Literal

from overnight.ledger.json_text import dump, load

if TYPE_CHECKING:
    from pydantic import TypeAdapter


@dataclass(frozen=True, slots=True, kw_only=True)
class Begun:
    """A curriculum is begun, or taken up again."""

    kind: Literal["begun"] = "begun"
    curriculum: str
    source: str  # folder of a curriculum of one's own; empty: it came with us
    folder: str  # where the learner's files are
    language: str = ""  # that the learner is taught in; empty: not said


@dataclass(frozen=True, slots=True, kw_only=True)
class Predicted:
    """The learner said what they expect, before anything was explained."""

    kind: Literal["predicted"] = "predicted"
    curriculum: str
    step: str
    choice: int  # index
    right: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Tried:
    """The checks ran over a program of the learner."""

    kind: Literal["tried"] = "tried"
    curriculum: str
    step: str
    passed: bool
    failed: tuple[str, ...]  # names of checks
    beliefs: tuple[str, ...]  # misconceptions that they point to
    program: str  # SHA-256 of it
    checks: str  # SHA-256 of the checks


@dataclass(frozen=True, slots=True, kw_only=True)
class Filled:
    """The gaps of an example were filled in."""

    kind: Literal["filled"] = "filled"
    curriculum: str
    step: str
    item: int  # index
    right: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Helped:
    """A hint was given, or the solution shown."""

    kind: Literal["helped"] = "helped"
    curriculum: str
    step: str
    hint: int  # index; -1: the solution


@dataclass(frozen=True, slots=True, kw_only=True)
class Explained:
    """The learner explained the idea; this passes nothing."""

    kind: Literal["explained"] = "explained"
    curriculum: str
    step: str
    words: str  # the learner's own; empty: they went on without
    covers: tuple[int, ...]  # indices of the rubric that whoever listened found in them


@dataclass(frozen=True, slots=True, kw_only=True)
class Reset:
    """Steps are begun anew."""

    kind: Literal["reset"] = "reset"
    curriculum: str
    step: str  # empty: all of them


Event = Begun | Predicted | Tried | Filled | Helped | Explained | Reset
SOLUTION = -1  # in place of a hint


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
