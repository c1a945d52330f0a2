"""What checks found: one thing, or a kept change that was measured again."""

from dataclasses import dataclass

from overnight.gate.audit import Estimate


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """One thing that was checked."""

    what: str
    holds: bool | None  # None: it cannot be checked from here
    detail: str


@dataclass(frozen=True, slots=True, kw_only=True)
class RerunPair:
    """One fresh pair."""

    seed: int
    before: float | None  # None: the trial had no value
    after: float | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Rerun:
    """What a fresh measurement says about one kept change; gains are in the metric's units, positive is better."""

    number: int
    base: str  # commit that it was measured against
    commit: str
    claimed: float | None  # gain at acceptance
    estimate: Estimate | None  # None: too few pairs have values
    holds: bool | None  # None: the interval contains 0, so more pairs are needed
    reason: str
    pairs: tuple[RerunPair, ...]
