"""An idea of what to try, the queue of ideas, and the edits that people and roles make to it."""

from dataclasses import dataclass
from enum import StrEnum
from typing import Literal

from overnight.gate.verdict import Verdict

PROGRAM = "program"  # origin of an idea: the checklist in program.md
PERSON = "person"  # ... a line that a person added to ideas.md, or `overnight idea`
PERSONS = frozenset({PROGRAM, PERSON})  # every other origin is the name of a role


class Risk(StrEnum):
    """How far an idea departs from the current code."""

    BOLD = "bold"
    SAFE = "safe"


class IdeaState(StrEnum):
    """The state of an idea."""

    OPEN = "open"
    TAKEN = "taken"  # an experiment is trying it
    TRIED = "tried"
    DROPPED = "dropped"


@dataclass(frozen=True, slots=True, kw_only=True)
class Idea:
    """One idea of the queue."""

    number: int
    text: str  # one printable line
    origin: str
    risk: Risk | None = None  # None: not stated
    effect: str = ""  # the expected effect, as worded by its origin
    state: IdeaState = IdeaState.OPEN
    experiment: int = 0  # the one that took or tried it
    verdict: Verdict | None = None  # of that experiment
    gain: float | None = None  # in the metric's units, positive is better
    dropped_by: str = ""
    reason: str = ""  # why it was dropped, or why the last proposal for it came to nothing
    misses: int = 0  # proposals for it that came to nothing; of many of them nobody is given it any more
    giver: str = ""  # who ordered it, such as `owner`; empty: it was no order


@dataclass(frozen=True, slots=True, kw_only=True)
class IdeaQueue:
    """All ideas that are kept in memory."""

    ideas: tuple[Idea, ...] = ()  # open and taken ones; the first is tried first
    done: tuple[Idea, ...] = ()  # tried and dropped ones, newest last; a limited number
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
    before: int = 0  # the idea that it is placed before; 0: its normal place
    ticked: bool = False  # it is not to be tried, whoever has it later


@dataclass(frozen=True, slots=True, kw_only=True)
class DropIdea:
    """Do not try an idea."""

    kind: Literal["drop"] = "drop"
    number: int
    reason: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class RewordIdea:
    """The new text of an idea."""

    kind: Literal["reword"] = "reword"
    number: int
    text: str
    risk: Risk | None = None
    effect: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class ReopenIdea:
    """Try a finished idea again."""

    kind: Literal["reopen"] = "reopen"
    number: int


@dataclass(frozen=True, slots=True, kw_only=True)
class OrderIdeas:
    """The order in which to try ideas; those that are not named keep their places."""

    kind: Literal["order"] = "order"
    numbers: tuple[int, ...]


IdeaEdit = AddIdea | DropIdea | RewordIdea | ReopenIdea | OrderIdeas
