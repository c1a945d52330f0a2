"""Mean, spread and intervals of trials, without keeping the trials."""

import math
from collections.abc import Iterable
from dataclasses import dataclass

from overnight.gate.stats import student_quantile

CONFIDENCE = 0.95  # of every interval that the report makes itself; a keep's own interval states its own


@dataclass(frozen=True, slots=True, kw_only=True)
class Interval:
    """An estimate and how far it may be off."""

    mid: float
    low: float
    high: float


@dataclass(slots=True)
class Moments:
    """Running count, mean and sum of squared residuals. Source: Welford (1962)."""

    count: int = 0
    mean: float = 0.0
    squares: float = 0.0

    def add(self, value: float) -> None:
        """Add a value."""
        self.count += 1
        step = value - self.mean
        self.mean += step / self.count
        self.squares += step * (value - self.mean)


def pooled(groups: Iterable[Moments]) -> tuple[float, int]:
    """Standard deviation of one trial within its group, and its degrees of freedom; (0, 0) if there are none."""
    squares, freedom = 0.0, 0
    for group in groups:
        if group.count > 1:
            squares += group.squares
            freedom += group.count - 1
    return (math.sqrt(squares / freedom), freedom) if freedom else (0.0, 0)


def anytime_band(mean: float, count: int, sigma: float, freedom: int) -> Interval:
    """Interval of a mean that holds at every look, however many looks there are.

    Source: Robbins (1970), normal mixture with unit prior weight; sigma is widened by 1 + 1/sqrt(2 freedom), since it is
    itself an estimate.
    """
    if count == 0 or freedom == 0:
        return Interval(mid=mean, low=mean, high=mean)
    alpha = 1 - CONFIDENCE
    half = _widened(sigma, freedom) / count * math.sqrt((count + 1) * math.log((count + 1) / alpha**2))
    return Interval(mid=mean, low=mean - half, high=mean + half)


def difference(one: Moments, other: Moments, otherwise: tuple[float, int]) -> tuple[float, int]:
    """Variance of the difference of two means, and its degrees of freedom.

    Each mean has its own trials' variance, which a change may have made smaller or larger; a group without any spread of its
    own has that of `otherwise`, a standard deviation with its degrees of freedom.
    Source: Welch (1947), The generalization of "Student's" problem when several different population variances are involved.
    """
    errors, loads = [], []
    for group in (one, other):
        squares, freedom = (
            (group.squares, group.count - 1) if group.squares else (otherwise[0] ** 2 * otherwise[1], otherwise[1])
        )
        if not freedom:
            return 0.0, 0
        errors.append(squares / freedom / group.count)
        loads.append(errors[-1] ** 2 / freedom)
    variance = math.fsum(errors)
    return variance, max(1, int(variance**2 / math.fsum(loads))) if variance else otherwise[1]


def single_look(mid: float, variance: float, freedom: int) -> Interval:
    """Student interval of an estimate with this variance, for one look at the end."""
    if freedom == 0:
        return Interval(mid=mid, low=mid, high=mid)
    half = student_quantile((1 + CONFIDENCE) / 2, freedom) * math.sqrt(variance)
    return Interval(mid=mid, low=mid - half, high=mid + half)


def _widened(sigma: float, freedom: int) -> float:
    return sigma * (1 + 1 / math.sqrt(2 * freedom))
