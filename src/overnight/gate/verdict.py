"""The verdict on a proposal, and the numbers behind it."""

from dataclasses import dataclass
from enum import StrEnum


class Verdict(StrEnum):
    """What happened to a proposal."""

    KEEP = "keep"
    DISCARD = "discard"
    CRASH = "crash"
    REJECT = "reject"  # never ran: out of scope, empty, or tried before


@dataclass(frozen=True, slots=True, kw_only=True)
class Conclusion:
    """The gate's final decision on one proposal, with the numbers behind it.

    `gain`, `low` and `high` are in the metric's units, positive is better; None if nothing was measured.
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
    superseded: bool = False  # not a verdict on its merits: it continues against the head made in the meantime
    margin: float | None = None  # the harm to rule out, for less code; None: it must be better
    excerpt: tuple[str, ...] = ()  # of the trial that crashed, as in `Trial`
