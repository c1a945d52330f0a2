"""Sentences that rooms understand without a model: what a person says becomes calls of operations.

A room's module `sentences` has a constant `SENTENCES`; what talks with people, such as a claw, asks each in turn.
"""

import importlib
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path

CONSTANT = "SENTENCES"
ROOT = Path(__file__).parents[1]


@dataclass(frozen=True, slots=True, kw_only=True)
class Said:
    """What a person said."""

    text: str  # one line, without politeness
    at: float  # Unix time
    zone: str
    owner: bool  # whether the owner said it
    person: str = ""  # who said it
    before: tuple[str, ...] = ()  # what they said before, the newest last


@dataclass(frozen=True, slots=True, kw_only=True)
class MeantCall:
    """A call that a sentence asks for in so many words."""

    operation: str
    given: Mapping[str, object] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class MeantWatch:
    """That the person wants to know of each new thing in the answer of an operation that changes nothing.

    It answers with a list, the newest first, each with a `number` that grows, perhaps with the `path` of a picture; its input
    `after` leaves out those up to a number.
    """

    what: str  # to say of each
    operation: str
    given: Mapping[str, object] = field(default_factory=dict)
    answers: tuple[tuple[str, str], ...] = ()  # buttons below each: a label, and what it says, with `{number}`


@dataclass(frozen=True, slots=True, kw_only=True)
class Meant:
    """What a sentence means: calls, or what to say to it."""

    calls: tuple[MeantCall, ...] = ()
    say: str = ""
    watch: MeantWatch | None = None  # set after the calls


@dataclass(frozen=True, slots=True, kw_only=True)
class RoomSentences:
    """What a room understands."""

    subject: str  # under which help lists it
    about: str  # the same in some words
    examples: tuple[str, ...]
    understand: Callable[[Said], Meant | None]  # None: it is no sentence of this room


def room_sentences() -> Iterator[RoomSentences]:
    """Those of each room."""
    for name in _modules():
        yield getattr(importlib.import_module(name), CONSTANT)


@cache
def _modules() -> tuple[str, ...]:
    rooms = (path.parent.name for path in sorted(ROOT.glob("*/sentences.py")) if path != Path(__file__))
    return tuple(f"{ROOT.name}.{room}.sentences" for room in rooms)
