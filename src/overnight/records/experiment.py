"""A proposal, what a researcher sent with it, and the verdict on it."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum


class Verdict(StrEnum):
    """What became of a proposal."""

    KEEP = "keep"
    DISCARD = "discard"
    CRASH = "crash"
    REJECT = "reject"  # never ran: out of scope, empty, or tried before


Scalar = str | int | float | bool | None

SUPERSEDED = "another change was kept first; it goes on against the new head"  # the reason of such a discard


@dataclass(frozen=True, slots=True, kw_only=True)
class Draft:
    """What a researcher says of the edit that it made; claims, never measurements."""

    hypothesis: str  # one sentence
    notes: Mapping[str, Scalar] = field(default_factory=dict)  # its own, given back to it with the result
    tokens: int = 0
    cost_usd: float = 0.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Conclusion:
    """The gate's last word on one proposal, with the numbers that it stands on.

    `gain`, `low` and `high` are in the metric's units, positive is better; None where nothing was measured.
    """

    verdict: Verdict
    reason: str
    gain: float | None = None
    low: float | None = None
    high: float | None = None
    confidence: float = 0.95  # of the interval low..high
    log_e: float | None = None  # natural log of the e-value
    level: float | None = None  # the error level alpha_t that this test had
    pairs: int = 0
    holdout_gain: float | None = None  # quantised: see docs/gate.md
    margin: float | None = None  # the harm that is to be ruled out, for less code; None: it has to be better


@dataclass(frozen=True, slots=True, kw_only=True)
class Experiment:
    """One row of the campaign's history."""

    number: int
    role: str
    researcher: str
    hypothesis: str
    base: str  # commit that it was proposed against
    commit: str  # empty for a reject
    tree: str  # digest of the proposal
    notes: Mapping[str, Scalar] = field(default_factory=dict)
    value: float | None = None  # mean over its own screening and confirmation trials
    trials: int = 0
    conclusion: Conclusion | None = None  # None: still open
    at: float = 0.0  # Unix time of the proposal, s
    seconds: float = 0.0  # from proposal to verdict
    cost_usd: float = 0.0
    tokens: int = 0
