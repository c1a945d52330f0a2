"""What an audit found: the head against the start by fresh trials, and against itself without each kept change."""

from dataclasses import dataclass
from enum import StrEnum


class Standing(StrEnum):
    """What a kept change is worth in the head of today."""

    HELPS = "helps"  # the interval of its gain is above 0
    UNPROVEN = "unproven"  # the interval holds both 0 and gains worth having
    CAN_GO = "can go"  # gains worth having are ruled out
    NEEDED = "needed"  # the head without it fails
    CONFLICT = "conflict"  # it cannot be taken out by itself


@dataclass(frozen=True, slots=True, kw_only=True)
class LeftOut:
    """The head without one kept change."""

    number: int  # of the experiment that was kept
    commit: str  # of the head without it; empty where it cannot be taken out
    reason: str = ""  # why not


@dataclass(frozen=True, slots=True, kw_only=True)
class Estimate:
    """A gain by a number of pairs that was fixed beforehand, in the metric's units; positive is better."""

    gain: float
    low: float
    high: float
    pairs: int
    before: float  # mean of the start, or of the head without the change
    after: float  # mean of the head
    confidence: float = 0.95  # of the interval low..high


@dataclass(frozen=True, slots=True, kw_only=True)
class ChangeAudit:
    """One kept change, tested by leaving it out."""

    number: int
    standing: Standing
    estimate: Estimate | None = None  # None where it could not be measured
    reason: str = ""  # why it could not
