"""One line of a talk, for programs."""

from dataclasses import dataclass
from enum import StrEnum


class SpokenKind(StrEnum):
    """Which way it went."""

    SAID = "said"  # a line that was taken
    MESSAGE = "message"  # what the claw says


@dataclass(frozen=True, slots=True, kw_only=True)
class Spoken:
    """What `claw chat --json` prints, a line each."""

    kind: SpokenKind
    turn: int | None  # that it belongs to, for `claw show`; null: it was said without one
    text: str
    key: str  # of a message, the same if it is printed twice; empty of what was said
    approval: int | None  # number of the question that it is; null: it is none
