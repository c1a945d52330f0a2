"""Where the next search trial goes: the best of a random draw from what the surrogate holds for possible.

That is Thompson sampling, over candidates around the best places so far.
"""

import math
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from overnight.research.researchers.tuner.arithmetic import load_numpy
from overnight.research.researchers.tuner.findings import Value
from overnight.research.researchers.tuner.observations import Observation, Scaled, place, scaled, values_at
from overnight.research.researchers.tuner.space import AxisScale, Space
from overnight.research.researchers.tuner.surrogate import Surrogate

if TYPE_CHECKING:
    import numpy as np

    from overnight.research.researchers.tuner.arithmetic import Array

FIRST = 10  # trials at most before the surrogate chooses
_GROWTH = 1.1  # of the number of trials, before the parameters are fitted again
_SELDOM = 24  # trials at most before that: old ones are forgotten, so their number does not grow for ever
_FEW, _MANY = 5, 2  # constants that a candidate changes on average: of coarse and fine steps
_MOST_CHANGED = 0.75  # of all constants on average: a switch that crashes must not be in every trial
_COARSE, _FINE, _WIDE = 0.12, 0.05, 0.35  # of a range: sizes of steps
_CANDIDATES = 320
_TOPS = 4  # best places, from which steps are taken
_DRAWS, _FEW_DRAWS = 16, 6  # whose best places are remembered, for what may still be found
_JITTER = 1e-6
_REFINED = 200  # candidates of each round in which the best place is refined
Point = tuple[tuple[str, Value], ...]  # values by key, in the order of the space


@dataclass(slots=True)
class Explorer:
    """The search in one space; it is told all observations each time, and keeps only what is slow to find."""

    space: Space
    _surrogate: Surrogate = field(init=False)
    _scaled: Scaled | None = None
    _fitted: int = 0  # observations when it was last fitted
    _news: int = 0  # times that it was told of more since then
    _draws: list[float] = field(default_factory=list)  # how much better the best of each newest draw was, in the metric's units

    def __post_init__(self) -> None:
        load_numpy()
        import numpy as np

        self._surrogate = Surrogate(np.array([d.scale is AxisScale.OPTIONS for d in self.space]))

    def learn(self, observations: Sequence[Observation], sigma: float, head: float | None = None) -> None:
        """Take in everything that was measured.

        `sigma` is the sd of one trial, 0 if it is not known; `head` the value of the head, oriented, None if it is not known.
        """
        self._scaled = scaled(self.space, observations, sigma, head)
        if self._scaled is None:
            return
        self._news += 1
        if not self._fitted or len(observations) > _GROWTH * self._fitted or self._news > _SELDOM:
            self._surrogate.fit(self._scaled.data, sigma / self._scaled.span if math.isfinite(sigma) else 0.0)
            self._fitted, self._news = len(observations), 0
        self._surrogate.learn(self._scaled.data)

    @property
    def potential(self) -> float | None:
        """How much better than the best one some place may be, in the metric's units; None before there are some draws."""
        return sum(self._draws) / len(self._draws) if len(self._draws) >= _FEW_DRAWS else None

    def suggest(self, tried: Collection[Point], seed: int) -> Mapping[str, Value] | None:
        """Values to measure next that are not among those tried; None if none was found."""
        import numpy as np

        random = np.random.default_rng(seed)
        head = place(self.space, {})
        if self._scaled is None or len(self._scaled.data.values) < min(len(self.space), FIRST) + 1:
            return self._new(self._around(head, 4, 0.2, 50, random), tried)
        places = self._candidates(self._scaled.data.places, random)
        means, covariance = self._surrogate.joint(places)
        covariance[np.diag_indices_from(covariance)] += _JITTER
        drawn = means + _root(covariance) @ random.standard_normal(len(means))
        best = self._surrogate.means(self._scaled.data.places).min()
        self._draws = [*self._draws, max(0.0, float(best - drawn.min())) * self._scaled.span][-_DRAWS:]
        return self._new(places[np.argsort(drawn)], tried)

    def best(self, seed: int) -> Mapping[str, Value]:
        """The values that are expected to be best."""
        import numpy as np

        if self._scaled is None:
            return values_at(self.space, place(self.space, {}))
        random = np.random.default_rng(seed)
        places = self._scaled.data.places
        at = places[np.argmin(self._surrogate.means(places))]
        for size in (0.1, 0.05, 0.03):
            near = np.vstack([at[None], self._around(at, 3, size, _REFINED, random)])
            at = near[np.argmin(self._surrogate.means(near))]
        return values_at(self.space, at)

    def gains(self, choices: Sequence[Mapping[str, Value]]) -> "tuple[Array, Array]":
        """How much better than the head choices of values are expected to be, in the metric's units, and the sd of each."""
        import numpy as np

        if self._scaled is None:
            return np.zeros(len(choices)), np.full(len(choices), np.inf)
        places = np.array([place(self.space, values) for values in ({}, *choices)])
        means, covariance = self._surrogate.joint(places)
        slopes = self._scaled.slopes(means)
        covariance = covariance * np.outer(slopes, slopes)
        variances = covariance[0, 0] + np.diag(covariance) - 2.0 * covariance[0]
        values = self._scaled.metric(means)
        return values[0] - values[1:], self._scaled.span * np.sqrt(np.maximum(variances[1:], 0.0))

    def _candidates(self, places: "Array", random: "np.random.Generator") -> "Array":
        """Places around the best of those that were measured."""
        import numpy as np

        tops = places[np.argsort(self._surrogate.means(places))[:_TOPS]]
        draws = [
            self._around(tops[0], _FEW, _COARSE, _CANDIDATES // 2, random),
            self._around(tops[0], _MANY, _FINE, _CANDIDATES // 4, random),
            self._around(tops[0], len(self.space) / 2, _WIDE, _CANDIDATES // 8, random),
            *(self._around(top, _FEW, _COARSE, _CANDIDATES // 24, random) for top in tops[1:]),
        ]
        return np.vstack(draws)

    def _around(self, at: "Array", changed: float, size: float, count: int, random: "np.random.Generator") -> "Array":
        """Places around one, each with about so many constants changed, by steps of about this size: (count, d)."""
        import numpy as np

        d = len(self.space)
        chosen = random.random((count, d)) < min(_MOST_CHANGED, changed / d)
        chosen[np.arange(count), random.integers(0, d, count)] = True
        steps = random.standard_normal((count, d)) * size * np.exp(0.7 * random.standard_normal((count, 1)))
        moved = np.abs(np.clip(at, 0.0, 1.0) + steps)
        moved = np.clip(np.where(moved > 1.0, 2.0 - moved, moved), 0.0, 1.0)
        for i, dimension in enumerate(self.space):
            if dimension.scale is AxisScale.OPTIONS:
                others = random.integers(1, max(len(dimension.options), 2), count)
                moved[:, i] = (at[i] + others) % len(dimension.options)
            elif dimension.whole:
                moved[:, i] = dimension.whole_units(moved[:, i])
        return np.where(chosen, moved, at)

    def _new(self, places: "Array", tried: Collection[Point]) -> Mapping[str, Value] | None:
        choices = (values_at(self.space, at) for at in places)
        return next((values for values in choices if tuple(values.items()) not in tried), None)


def _root(covariance: "Array") -> "Array":
    """A matrix whose square is the covariance, also if rounding made that slightly indefinite."""
    import numpy as np

    try:
        root = np.linalg.cholesky(covariance).astype(np.float64)
    except np.linalg.LinAlgError:
        sizes, axes = np.linalg.eigh(covariance)
        root = axes * np.sqrt(np.maximum(sizes, 0.0))
    return root
