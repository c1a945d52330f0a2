"""The verdict on a proposal, and the numbers that it stands on."""

from dataclasses import dataclass
from enum import StrEnum


class Verdict(StrEnum):
    """What became of a proposal."""

    KEEP = "keep"
    DISCARD = "discard"
    CRASH = "crash"
    REJECT = "reject"  # never ran: out of scope, empty, or tried before


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
    superseded: bool = False  # no verdict on its merits: it goes on against the head that was made meanwhile
    margin: float | None = None  # the harm that is to be ruled out, for less code; None: it has to be better
