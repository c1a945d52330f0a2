"""What can be tuned in a file: constants, with their byte positions, and statements that can be dropped."""

import math
from dataclasses import dataclass
from enum import IntEnum

Value = bool | int | float | str

LARGEST = 10**18  # a larger number is not a setting that anyone tunes
LONGEST_LIST = 8  # elements; a longer one is data


class Tier(IntEnum):
    """How plainly a value is a setting; lower ones are tried first."""

    NAMED = 0  # a constant with a name, or an option of a command line
    DEFAULT = 1  # of an argument, or an attribute of an ordinary class
    INSIDE = 2  # a literal in the body of a function


class Unreadable(Exception):  # noqa: N818  # a normal outcome, reported to the user if nothing else can be tuned
    """A file that cannot be tuned; the message says why."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Constant:
    """A constant of a file, at the bytes `start` to `end` of its content."""

    path: str
    name: str  # as a person would say it: `LR`, `CONFIG.betas[0]`
    value: Value
    start: int
    end: int
    text: str  # those bytes
    tier: Tier = Tier.NAMED
    options: tuple[str, ...] = ()  # possible values of a string, including its own, as far as the file shows

    @property
    def key(self) -> str:
        """Its name in notes and in the optimizer, unique in a tree."""
        return f"{self.path}:{self.name}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Removal:
    """A statement that can be dropped: the bytes `start` to `end`, whole lines."""

    path: str
    start: int
    end: int
    statement: str
    function: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Findings:
    """Everything that can be tuned in one file."""

    constants: tuple[Constant, ...] = ()
    removals: tuple[Removal, ...] = ()
    seeds: frozenset[str] = frozenset()  # names that reach a random generator


def is_number(value: object) -> bool:
    """Whether it is an int or float small enough to be tuned."""
    if isinstance(value, bool) or not isinstance(value, int | float):
        return False
    return abs(value) <= LARGEST if isinstance(value, int) else math.isfinite(value) and abs(value) <= LARGEST
