"""The arithmetic of an audit: a gain by a number of pairs that was fixed beforehand, and what a kept change is worth by it.

The number of pairs is fixed, so Student's interval holds; nothing of an audit counts in the error budget or enters the
gate's memory.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

from overnight.gate.noise import NoiseModel
from overnight.gate.stats import mean, mean_interval
from overnight.program.program import Metric

PAIRS = 20
PAIRS_EXACT = 3  # where the target shows no noise: enough to notice if it has some
_LEAST = 2  # pairs, for an interval
_SAME = 1e-9  # what sums in another order may differ by, as a share


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


def estimate_gain(metric: Metric, noise: NoiseModel, pairs: Sequence[tuple[float, float]]) -> Estimate | None:
    """Student's interval of the mean gain, on the scale on which noise adds up, told in the metric's units."""
    if len(pairs) < _LEAST:
        return None
    scale, gains = noise.scale, [noise.scale.gain(metric, before, after) for before, after in pairs]
    level = mean([scale.place(before) for before, _ in pairs])
    gain, low, high = (scale.in_units(metric, level, gain) for gain in (mean(gains), *mean_interval(gains)))
    before, after = mean([before for before, _ in pairs]), mean([after for _, after in pairs])
    return Estimate(gain=gain, low=low, high=high, pairs=len(pairs), before=before, after=after)


def standing_of(metric: Metric, noise: NoiseModel, estimate: Estimate) -> Standing:
    """What a change is worth, by the gain of the head over the head without it."""
    if estimate.low > 0.0:
        return Standing.HELPS
    worth = noise.scale.in_units(metric, noise.scale.place(estimate.before), noise.min_effect)
    return Standing.CAN_GO if estimate.high <= worth else Standing.UNPROVEN


def harm(change: ChangeAudit) -> float:
    """How much better the head is without the change, in the metric's units, where that is beyond noise; else 0."""
    estimate = change.estimate
    return -estimate.gain if estimate is not None and estimate.high < 0.0 else 0.0


def by_ratios(*, before: float, after: float, gain: float) -> bool:
    """Whether a gain was found on another scale than the means beside it, so that it is not their difference."""
    return not math.isclose(abs(after - before), abs(gain), rel_tol=_SAME, abs_tol=_SAME)
