"""What a meta-campaign's budget can find, by the noise that its check measured; pure."""

import math
from collections.abc import Callable
from dataclasses import dataclass

from overnight.gate.error_budget import level_of
from overnight.gate.noise import detectable_effect, fewest_pairs
from overnight.gate.screening import SCREEN_PAIRS
from overnight.gate.stats import mean
from overnight.meta.charter import Charter
from overnight.meta.noise import Noise, TargetNoise

CONFIDENCE = 0.95
_STEPS = 60  # of a bisection: to the last digit of a float


@dataclass(frozen=True, slots=True, kw_only=True)
class Forecast:
    """In inner campaigns, and in shares of the progress that the start organisation makes."""

    campaigns: int | None  # that the budget pays for; None: no limit
    rejected: int  # one organisation that its first pair screens out takes so many
    needed: int  # the quickest possible proof
    pairs: int  # of the longest proof within the budget and `max_pairs`
    whole: int  # one organisation that is screened, put to such a proof and tried on the sealed targets
    smallest_spreads: float | None  # proven 4 times out of 5, in spreads; None: nothing can be proven
    smallest_share: float | None  # the same as a share of the mean progress; None also if there is none


def forecast(charter: Charter, noise: Noise, slots: int) -> Forecast:
    """What the budget can find on the first organisation that comes to a proof."""
    targets, sealed = len(charter.targets), len(charter.holdout)
    level = level_of(charter.error_rate, test=1, keeps=0, expensive=True)
    before, after = 2 * targets * len(SCREEN_PAIRS), 2 * sealed * charter.holdout_pairs
    campaigns = affordable(charter, noise, slots)
    left = math.inf if campaigns is None else max(0, campaigns - before - after) // (2 * targets)
    pairs = int(min(left, charter.max_pairs))
    smallest = detectable_effect(paired_sigma=1.0 / math.sqrt(targets), level=level, max_pairs=pairs)
    public = [noise.targets[target.name] for target in charter.targets]
    per_share = mean([one.mean / one.spread for one in public])  # spreads in all of the mean progress
    return Forecast(
        campaigns=campaigns,
        rejected=2 * targets,
        needed=before + after + 2 * targets * fewest_pairs(level),
        pairs=pairs,
        whole=before + after + 2 * targets * pairs,
        smallest_spreads=smallest,
        smallest_share=smallest / per_share if smallest is not None and per_share > 0.0 else None,
    )


def affordable(charter: Charter, noise: Noise, slots: int) -> int | None:
    """How many inner campaigns the budget pays for, by what one takes on average; None: it has no limit."""
    every = list(noise.targets.values())
    budget = charter.budget
    used = (
        (budget.hours and budget.hours * 3600.0 * slots, _mean(every, lambda one: one.elapsed_s)),
        (budget.tokens, _mean(every, lambda one: one.tokens)),
        (budget.cost_usd, _mean(every, lambda one: one.cost_usd)),
    )
    limits = [limit / one for limit, one in used if limit is not None and one > 0.0]
    limits += [] if budget.campaigns is None else [budget.campaigns]
    return int(min(limits)) if limits else None


def spread_interval(spread: float, pairs: int) -> tuple[float, float]:
    """The 95 % interval of the true spread, if differences are normal: squares over it are chi-square, a freedom a pair."""
    tail = (1.0 - CONFIDENCE) / 2.0
    return tuple(spread * math.sqrt(pairs / _chi_square(p, pairs)) for p in (1.0 - tail, tail))  # type: ignore[return-value]  # two


def _mean(every: list[TargetNoise], of: Callable[[TargetNoise], float]) -> float:
    return mean([of(one) for one in every])


def _chi_square(probability: float, freedom: int) -> float:
    """The quantile of chi-square, by bisection."""
    low, high = 0.0, 10.0 * freedom + 50.0
    for _ in range(_STEPS):
        middle = (low + high) / 2.0
        low, high = (middle, high) if _chi_square_cdf(middle, freedom) < probability else (low, middle)
    return (low + high) / 2.0


def _chi_square_cdf(value: float, freedom: int) -> float:
    """P(k / 2, x / 2), by its series: x^a e^-x / Gamma(a + 1) (1 + x / (a + 1) + x^2 / ((a + 1) (a + 2)) + ...)."""
    shape, x = freedom / 2.0, value / 2.0
    if x <= 0.0:
        return 0.0
    term = total = 1.0
    step = shape
    while term > total * 1e-15:
        step += 1.0
        term *= x / step
        total += term
    return min(1.0, total * math.exp(shape * math.log(x) - x - math.lgamma(shape + 1.0)))
