"""Suggests points from everything that was measured, with Optuna's tree-structured Parzen estimator.

It was the best of seven methods measured on small training scripts; see docs/decisions.md. The study is rebuilt from the
window of past attempts, so its answers depend only on them, the head and the seed.
"""

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from overnight.research.researchers.tuner.findings import Value
from overnight.research.researchers.tuner.past import Attempt, Past
from overnight.research.researchers.tuner.space import AxisScale, Dimension

if TYPE_CHECKING:
    import optuna

Space = tuple[Dimension, ...]


class Optimizer:
    """One study for the current space; it adds what was learned since, and never holds more than the window."""

    def __init__(self) -> None:
        self._study: optuna.Study | None = None
        self._shown = 0  # attempts that the study has
        self._made_for: tuple[Space, int] | None = None

    def suggest(self, space: Space, past: Past, level: float, seed: int) -> Mapping[str, Value]:
        """A value for every constant; `level` is the score of the head."""
        import optuna

        study = self._up_to_date(space, past, level)
        study.sampler = optuna.samplers.TPESampler(seed=seed, n_startup_trials=1)
        distributions = _distributions(space)
        trial = study.ask(distributions)
        study.tell(trial, state=optuna.trial.TrialState.FAIL)  # its result is added separately when it is learned
        return {d.key: d.at(_from_unit(d, trial.params[d.key])) for d in space}

    def _up_to_date(self, space: Space, past: Past, level: float) -> "optuna.Study":
        import optuna

        if self._study is None or self._made_for != (space, past.generation):
            optuna.logging.set_verbosity(optuna.logging.ERROR)
            self._study = optuna.create_study(direction="maximize")
            self._study.add_trial(_trial(space, {}, level))
            self._shown, self._made_for = 0, (space, past.generation)
        news: Sequence[Attempt] = past.attempts[self._shown :]
        self._study.add_trials([_trial(space, attempt.values, attempt.score) for attempt in news])
        self._shown = len(past.attempts)
        return self._study


def _distributions(space: Space) -> "dict[str, optuna.distributions.BaseDistribution]":
    from optuna.distributions import CategoricalDistribution, FloatDistribution

    return {
        d.key: CategoricalDistribution(list(range(len(d.options)))) if d.scale is AxisScale.OPTIONS else FloatDistribution(0, 1)
        for d in space
    }


def _trial(space: Space, values: Mapping[str, Value], score: float | None) -> "optuna.trial.FrozenTrial":
    """An attempt for the study; a constant it lacked counts at its current value; a crash is worse than any score."""
    import optuna

    params = {d.key: _to_unit(d, d.position(values.get(d.key, d.constant.value))) for d in space}
    state = optuna.trial.TrialState.PRUNED if score is None else optuna.trial.TrialState.COMPLETE
    return optuna.trial.create_trial(params=params, distributions=_distributions(space), value=score, state=state)


def _to_unit(dimension: Dimension, position: float) -> float | int:
    if dimension.scale is AxisScale.OPTIONS:
        return round(position)
    return (position - dimension.low) / (dimension.high - dimension.low)


def _from_unit(dimension: Dimension, unit: float) -> float:
    if dimension.scale is AxisScale.OPTIONS:
        return unit
    return dimension.low + unit * (dimension.high - dimension.low)
