"""The arithmetic of an audit: a gain from a fixed number of pairs, and what a kept change is worth by that gain.

The number of pairs is fixed beforehand, so Student's interval holds. An audit spends no error budget and never enters the
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
PAIRS_EXACT = 3  # if the target shows no noise: enough to notice any
_LEAST = 2  # pairs that an interval needs
_SAME = 1e-9  # relative difference that another order of summation can make


class Standing(StrEnum):
    """What a kept change is worth in today's head."""

    HELPS = "helps"  # the interval of its gain is above 0
    UNPROVEN = "unproven"  # the interval contains both 0 and gains worth having
    CAN_GO = "can go"  # gains worth having are ruled out
    NEEDED = "needed"  # the head without it fails
    CONFLICT = "conflict"  # it cannot be removed on its own


@dataclass(frozen=True, slots=True, kw_only=True)
class Longer:
    """Further trials in the first blocks of an audit, with a multiple of the usual budget; for trials that have one."""

    times: int  # the usual budget
    blocks: int
    head: bool = False  # of the head as well as of the start


@dataclass(frozen=True, slots=True, kw_only=True)
class LeftOut:
    """The head without one kept change."""

    number: int  # of the experiment that was kept
    commit: str  # of the head without it; empty if it cannot be removed
    reason: str = ""  # why not


@dataclass(frozen=True, slots=True, kw_only=True)
class ChangePart:
    """One part of a kept change, as it is shown."""

    experiment: int  # that was kept
    part: int  # from 1, by path and line
    where: str  # `path:line` before the change; printable, as the lines are
    lines: tuple[str, ...]  # the first of them, with `-` and `+`


@dataclass(frozen=True, slots=True, kw_only=True)
class PartLeftOut:
    """The head without one part of a kept change."""

    of: ChangePart
    commit: str  # of the head without it; empty if it cannot be removed
    reason: str = ""  # why not


@dataclass(frozen=True, slots=True, kw_only=True)
class Estimate:
    """A gain from a number of pairs fixed beforehand, in the metric's units; positive is better."""

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
    estimate: Estimate | None = None  # None if it could not be measured
    reason: str = ""  # why not


@dataclass(frozen=True, slots=True, kw_only=True)
class PartAudit:
    """One part of a kept change, tested by leaving it out."""

    of: ChangePart
    standing: Standing
    estimate: Estimate | None = None  # None if it could not be measured
    reason: str = ""  # why not

    @property
    def matters(self) -> bool:
        """Whether the head is shown to be worse without it."""
        return self.standing in {Standing.HELPS, Standing.NEEDED}


def estimate_gain(metric: Metric, noise: NoiseModel, pairs: Sequence[tuple[float, float]]) -> Estimate | None:
    """Student's interval of the mean gain, computed on the scale where noise is additive, in the metric's units."""
    if len(pairs) < _LEAST:
        return None
    scale, gains = noise.scale, [noise.scale.gain(metric, before, after) for before, after in pairs]
    level = mean([scale.place(before) for before, _ in pairs])
    gain, low, high = (scale.in_units(metric, level, gain) for gain in (mean(gains), *mean_interval(gains)))
    before, after = mean([before for before, _ in pairs]), mean([after for _, after in pairs])
    return Estimate(gain=gain, low=low, high=high, pairs=len(pairs), before=before, after=after)


def standing_of(metric: Metric, noise: NoiseModel, estimate: Estimate) -> Standing:
    """What a change is worth, given the gain of the head over the head without it."""
    if estimate.low > 0.0:
        return Standing.HELPS
    worth = noise.scale.in_units(metric, noise.scale.place(estimate.before), noise.min_effect)
    return Standing.CAN_GO if estimate.high <= worth else Standing.UNPROVEN


def harm(change: ChangeAudit | PartAudit) -> float:
    """How much better the head is without the change, in the metric's units; 0 unless that is beyond noise."""
    estimate = change.estimate
    return -estimate.gain if estimate is not None and estimate.high < 0.0 else 0.0


def by_ratios(*, before: float, after: float, gain: float) -> bool:
    """Whether a gain was computed on another scale than the means beside it, so that it is not their difference."""
    return not math.isclose(abs(after - before), abs(gain), rel_tol=_SAME, abs_tol=_SAME)
