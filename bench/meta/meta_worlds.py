"""Simulated inner campaigns: the progress of an organisation on a target, with the spread and the zeros of real ones."""

import math
import random
from dataclasses import dataclass
from statistics import NormalDist

_NORMAL = NormalDist()
SHORT = 4  # a screening campaign has this part of the budget, and counts as much
LARGEST = 6.0  # sd of a normal score


@dataclass(frozen=True, slots=True, kw_only=True)
class Budget:
    """The progress of the head organisation with some budget: a share gains nothing, the rest is log-normal."""

    mean: float  # of all
    nothing: float  # share that gains exactly 0
    cv: float  # sd over mean, of those that gain

    def progress(self, score: float, better: float) -> float:
        """The progress at a normal score, of an organisation that makes `better` times as much on average.

        Half of what it makes more is larger gains, half fewer campaigns that gain nothing, as far as there are any.
        """
        some = min(1.0, (1.0 - self.nothing) * math.sqrt(better))
        mean = self.mean * better / some
        share = _NORMAL.cdf(score)
        if share <= 1.0 - some:
            return 0.0
        width = math.sqrt(math.log(1.0 + self.cv**2))
        place = min(max((share - 1.0 + some) / some, 1e-9), 1.0 - 1e-9)
        return mean * math.exp(width * _NORMAL.inv_cdf(place) - width**2 / 2.0)


@dataclass(frozen=True, slots=True, kw_only=True)
class Setting:
    """Where organisations are compared."""

    name: str
    full: Budget
    quarter: Budget
    targets: int = 1
    common: float = 0.0  # correlation of the two arms of a pair: both see the same ideas in the same order
    skewed: bool = False  # the candidate's gains have twice the cv, with the same mean


LONG = Budget(mean=1.0, nothing=0.0, cv=0.4)  # 1,000 trials and more
MIDDLE = Budget(mean=0.4, nothing=0.41, cv=0.45)  # some 300: sd over mean 1
TINY = Budget(mean=0.1, nothing=0.75, cv=0.5)
SETTINGS = (
    Setting(name="long, 1 target", full=LONG, quarter=MIDDLE),
    Setting(name="long, 3 targets", full=LONG, quarter=MIDDLE, targets=3),
    Setting(name="long, 1 target, ideas in common", full=LONG, quarter=MIDDLE, common=0.7),
    Setting(name="long, 3 targets, ideas in common", full=LONG, quarter=MIDDLE, targets=3, common=0.7),
    Setting(name="short, 1 target", full=MIDDLE, quarter=TINY),
    Setting(name="short, 3 targets", full=MIDDLE, quarter=TINY, targets=3),
    Setting(name="short, 3 targets, ideas in common", full=MIDDLE, quarter=TINY, targets=3, common=0.7),
)


class World:
    """Runs inner campaigns in pairs, and counts them in full ones."""

    def __init__(self, setting: Setting, seed: int) -> None:
        self.setting = setting
        self.random = random.Random(seed)
        self.head = 1.0  # progress of the head organisation, in that of the start
        self.used = 0.0

    def pair(self, better: float, *, screening: bool = False) -> list[tuple[float, float]]:
        """The progress of head and candidate on each target; the candidate makes `better` times as much as the head."""
        setting = self.setting
        budget = setting.quarter if screening else setting.full
        self.used += 2.0 * setting.targets / (SHORT if screening else 1)
        return [self._both(budget, better) for _ in range(setting.targets)]

    def _both(self, budget: Budget, better: float) -> tuple[float, float]:
        draw, rho = self.random.gauss, self.setting.common
        shared = draw(0.0, 1.0)
        scores = [math.sqrt(rho) * shared + math.sqrt(1.0 - rho) * draw(0.0, 1.0) for _ in range(2)]
        other = Budget(mean=budget.mean, nothing=budget.nothing, cv=2.0 * budget.cv) if self.setting.skewed else budget
        return budget.progress(scores[0], self.head), other.progress(scores[1], self.head * better)

    def spreads(self, pairs: int) -> list[float]:
        """The sd of the difference of two equal organisations on each target, as `meta check` estimates it; not counted."""
        used, found = self.used, list[list[tuple[float, float]]]()
        while len(found) < pairs or not all(any(a != b for a, b in target) for target in zip(*found, strict=True)):
            found.append(self.pair(1.0))
        self.used = used
        return [math.sqrt(sum((a - b) ** 2 for a, b in target) / len(found)) for target in zip(*found, strict=True)]
