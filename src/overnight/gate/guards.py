"""Guards: bounds on other metrics, each judged with its own noise."""

import math
from collections.abc import Sequence

from overnight.gate.stats import LARGEST, clip, log_label_swap, mean, sum_of_squares
from overnight.gate.trial import Trial
from overnight.program.program import Guard

_CERTAIN = 4.0  # sd between every trial and the bound: no further evidence is needed then
_LOG_2 = math.log(2.0)
_SEVERAL = 4  # trials from which on their mean is judged, even if some of them keep the bound


def breach(guards: Sequence[Guard], trials: Sequence[Trial], *, deterministic: bool) -> str | None:
    """Why these trials of a candidate clearly break a guard; None while they do not.

    One trial of a deterministic target is clear. Otherwise it takes two trials that all break the guard, or four whose mean
    breaks it by a standard error.
    """
    for guard in guards:
        values = [trial.metrics[guard.metric] for trial in trials if guard.metric in trial.metrics]
        if len(values) < len(trials):
            return f"the guard {guard} cannot be judged: {guard.metric} was not measured"
        broken = sum(not guard.holds(value) for value in values)
        clear = broken == len(values) >= (1 if deterministic else 2)
        if (broken and deterministic) or clear or _mean_beyond(guard, values):
            return f"the guard {guard} does not hold: {guard.metric} is {mean([clip(value, LARGEST) for value in values]):.6g}"
    return None


def log_evidence(guards: Sequence[Guard], trials: Sequence[Trial]) -> float:
    """ln E that the candidate keeps every guard: the least over the guards, infinite if all trials keep all of them by far.

    A keep is the intersection of "it is better" and "it keeps each guard". So the least e-value is valid for the whole, and
    the error budget is not split.
    Source: Berger, Technometrics 24 (1982), intersection-union tests.
    """
    return min((_log_evidence(guard, trials) for guard in guards), default=math.inf)


def unproven(guards: Sequence[Guard], trials: Sequence[Trial], needed: float) -> Guard | None:
    """The guard with the least evidence, if that is below `needed` in ln E."""
    weakest = min(guards, key=lambda guard: _log_evidence(guard, trials), default=None)
    return weakest if weakest and _log_evidence(weakest, trials) < needed else None


def slack(guard: Guard, value: float) -> float:
    """How far a value is on the good side of the bound."""
    return clip(guard.bound - value if guard.op.startswith("<") else value - guard.bound, LARGEST)


def _log_evidence(guard: Guard, trials: Sequence[Trial]) -> float:
    """ln E against "the slack to the bound is symmetric about a centre beyond it, in each trial given those before".

    E is the mean of two e-values: the label swap, which ignores a trial on the bound; and the sign test, a factor of 2 for each
    trial that keeps the guard and 0 for good once one breaks it. The sign test assumes less: only that a trial breaks the guard
    with probability 1/2 or more, which is so if its centre is beyond the bound.
    """
    values = [trial.metrics[guard.metric] for trial in trials]
    slacks = [slack(guard, value) for value in values]
    swap = log_label_swap(slacks)
    if not all(guard.holds(value) for value in values):
        return swap - _LOG_2
    spread = math.sqrt(sum_of_squares(slacks) / max(len(slacks) - 1, 1))
    if slacks and min(slacks) >= _CERTAIN * spread:
        return math.inf
    signs = len(slacks) * _LOG_2
    return max(swap, signs) + math.log1p(math.exp(-abs(swap - signs))) - _LOG_2


def _mean_beyond(guard: Guard, values: Sequence[float]) -> bool:
    if len(values) < _SEVERAL:
        return False
    slacks = [slack(guard, value) for value in values]
    error = math.sqrt(sum_of_squares(slacks) / (len(slacks) - 1) / len(slacks))
    return mean(slacks) + error < 0.0
