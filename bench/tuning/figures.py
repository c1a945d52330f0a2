"""The figures of a comparison: regrets, their ratio with an interval, claims, and where the trials went."""

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from statistics import fmean, median

import numpy as np

from tuning.comparison import Compared
from tuning.optuna_alone import Sampler

RESAMPLES = 4_000
_CONFIDENCE = 0.95


@dataclass(frozen=True, slots=True, kw_only=True)
class Ratio:
    """The median regret of ours over that of Optuna, with a bootstrap interval over instances."""

    theirs: float  # median
    ratio: float
    low: float
    high: float
    of_pairs: float  # the median of the ratios on each instance

    def __str__(self) -> str:
        """As a cell of a table."""
        return f"{self.theirs:.3f}: {self.ratio:.2f} ({self.low:.2f} to {self.high:.2f})"


@dataclass(frozen=True, slots=True, kw_only=True)
class Figures:
    """One objective at one budget."""

    objective: str
    budget: int
    seeds: tuple[int, ...]  # of the instances
    regrets: tuple[float, ...]  # of the heads
    regret: float  # their median
    quartiles: tuple[float, float]
    equal: Mapping[Sampler, Ratio]  # Optuna with the same number of trials
    left: Mapping[Sampler, Ratio]  # Optuna with those that proof and baseline left
    errors: Mapping[Sampler, float]  # median of what Optuna's claim is too high by, as a share of the gap
    claims: int
    missed: tuple[int, ...]  # seeds of those whose interval does not hold the truth
    jumps: int  # claims that a search stands behind
    stages: tuple[float, float, float]  # mean trials: baseline, search, proof
    cpu_ms: float  # of the tuner, per trial of a campaign


def figures(results: Sequence[Compared]) -> Iterator[Figures]:
    """The figures of one objective, by budget."""
    for budget in results[0].instance.budgets:
        ours = [result.ours[budget] for result in results]
        regrets = [outcome.regret for outcome in ours]
        spared = [budget - outcome.baseline - outcome.proof for outcome in ours]
        claims = [claim for outcome in ours for claim in outcome.claims]
        low, high = np.quantile(regrets, (0.25, 0.75))
        yield Figures(
            objective=results[0].instance.objective,
            budget=budget,
            seeds=tuple(result.instance.seed for result in results),
            regrets=tuple(regrets),
            regret=median(regrets),
            quartiles=(float(low), float(high)),
            equal={s: _ratio(regrets, [r.optuna[s].regret(budget) for r in results]) for s in Sampler},
            left={s: _ratio(regrets, [r.optuna[s].regret(n) for r, n in zip(results, spared, strict=True)]) for s in Sampler},
            errors={s: median(r.optuna[s].errors[budget - 1] for r in results) for s in Sampler},
            claims=len(claims),
            missed=tuple(r.instance.seed for r in results for claim in r.ours[budget].claims if not claim.holds),
            jumps=sum(claim.searched > 0 for claim in claims),
            stages=(fmean(o.baseline for o in ours), fmean(o.search for o in ours), fmean(o.proof for o in ours)),
            cpu_ms=1_000 * sum(o.tuner_cpu_s for o in ours) / max(1, sum(o.trials for o in ours)),
        )


def _ratio(ours: Sequence[float], theirs: Sequence[float]) -> Ratio:
    pairs = np.array([ours, theirs])
    drawn = np.random.default_rng(0).integers(len(ours), size=(RESAMPLES, len(ours)))
    tops, bottoms = np.median(pairs[:, drawn], axis=2)
    tail = (1.0 - _CONFIDENCE) / 2.0
    low, high = np.quantile([_over(top, bottom) for top, bottom in zip(tops, bottoms, strict=True)], (tail, 1.0 - tail))
    return Ratio(
        theirs=median(theirs),
        ratio=_over(median(ours), median(theirs)),
        low=float(low),
        high=float(high),
        of_pairs=median(_over(top, bottom) for top, bottom in zip(ours, theirs, strict=True)),
    )


def _over(top: float, bottom: float) -> float:
    return top / bottom if bottom > 0.0 else math.inf if top > 0.0 else 1.0


HEADINGS = (
    *("Objective", "Trials", "Regret of the head (quartiles)"),
    *(f"{s}, equal trials: regret, ratio" for s in Sampler),
    *(f"{s}, trials that proof left" for s in Sampler),
    *("Claims that hold", "of jumps", "Optuna claims too much", "Baseline, search, proof", "CPU ms a trial"),
)


def row(found: Figures) -> str:
    """A line of the table."""
    low, high = found.quartiles
    cells = (
        *(found.objective, found.budget, f"{found.regret:.3f} ({low:.3f} to {high:.3f})"),
        *(found.equal[s] for s in Sampler),
        *(found.left[s] for s in Sampler),
        *(
            f"{found.claims - len(found.missed)} of {found.claims}",
            found.jumps,
            " / ".join(f"{found.errors[s]:.3f}" for s in Sampler),
        ),
        *(" / ".join(f"{trials:.0f}" for trials in found.stages), f"{found.cpu_ms:.1f}"),
    )
    return "| " + " | ".join(str(cell) for cell in cells) + " |"
