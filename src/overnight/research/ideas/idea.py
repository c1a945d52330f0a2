"""An idea of what to try, the queue of them, and what people and roles do to the queue."""

from dataclasses import dataclass
from enum import StrEnum
from typing import Literal

from overnight.gate.verdict import Verdict

PROGRAM = "program"  # origin of an idea: the checklist in program.md
PERSON = "person"  # ... a line that somebody added to ideas.md, or a command of theirs
PERSONS = frozenset({PROGRAM, PERSON})  # every other origin is the name of a role


class Risk(StrEnum):
    """How far an idea goes from what is there."""

    BOLD = "bold"
    SAFE = "safe"


class IdeaState(StrEnum):
    """What became of an idea so far."""

    OPEN = "open"
    TAKEN = "taken"  # an experiment with it is under way
    TRIED = "tried"
    DROPPED = "dropped"


@dataclass(frozen=True, slots=True, kw_only=True)
class Idea:
    """One idea of the queue."""

    number: int
    text: str  # one printable line
    origin: str
    risk: Risk | None = None  # None: nobody said
    effect: str = ""  # expected, in its origin's words
    state: IdeaState = IdeaState.OPEN
    experiment: int = 0  # that took or tried it
    verdict: Verdict | None = None  # of that experiment
    gain: float | None = None  # in the metric's units, positive is better
    dropped_by: str = ""
    reason: str = ""  # why it was dropped
    misses: int = 0  # proposals for it that came to nothing


@dataclass(frozen=True, slots=True, kw_only=True)
class IdeaQueue:
    """All ideas that are remembered."""

    ideas: tuple[Idea, ...] = ()  # open and taken ones, the first to be tried first
    done: tuple[Idea, ...] = ()  # tried and dropped ones, newest last; only so many
    next_number: int = 1
    bold: int = 0  # bold ideas that became an experiment
    safe: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class AddIdea:
    """A new idea."""

    kind: Literal["add"] = "add"
    text: str
    risk: Risk | None = None
    effect: str = ""
    before: int = 0  # the idea in front of which it is put; 0: in its turn


@dataclass(frozen=True, slots=True, kw_only=True)
class DropIdea:
    """An idea is not to be tried."""

    kind: Literal["drop"] = "drop"
    number: int
    reason: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class RewordIdea:
    """An idea as it is to be from now on."""

    kind: Literal["reword"] = "reword"
    number: int
    text: str
    risk: Risk | None = None
    effect: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class ReopenIdea:
    """An idea that is done is to be tried again."""

    kind: Literal["reopen"] = "reopen"
    number: int


@dataclass(frozen=True, slots=True, kw_only=True)
class OrderIdeas:
    """The order in which ideas are to be tried; those that are not named keep their places."""

    kind: Literal["order"] = "order"
    numbers: tuple[int, ...]


IdeaEdit = AddIdea | DropIdea | RewordIdea | ReopenIdea | OrderIdeas
