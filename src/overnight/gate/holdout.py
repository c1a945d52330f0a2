"""Asks the sealed holdout whether a gain that is proven in public holds on data that nobody has seen."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from overnight.gate.pairs import pairs_of, why_void
from overnight.gate.stats import mean, sum_of_squares
from overnight.gate.steps import VOIDS, Case, Conclude, Step
from overnight.gate.trial import Fault, Stage
from overnight.gate.verdict import Conclusion, Verdict

AGREES = 3.0  # ln of the likelihood ratio at which the hidden gain counts as the public one: e^-3 = 5 % without a gain pass
DISAGREES = -2.8  # and at which it counts as none: a true gain is lost about once in 20 (Wald's bound is e^-2.8 = 0.06)
_PRIOR = 6.0  # weight, in pairs, of the confirmation's spread in that of the holdout
_CUT = 3.0  # sd beyond either hypothesis at which an outlier is cut
_MAD_TO_SD = 1.4826  # of a normal distribution
_DIGITS = 10.0  # the step of an exact answer: a tenth of the gain
_SURE = 1.645  # standard errors that noise explains 19 times out of 20
# The same for a loss, a gain too small beside its noise, and a failure: another message for each could leak the sealed data.
_NOT_HIDDEN = "better in public, but not confirmed by the sealed holdout"


@dataclass(frozen=True, slots=True, kw_only=True)
class Hidden:
    """The holdout's answer so far."""

    agrees: bool | None  # None: ask for more pairs
    gain: float
    step: float  # `gain` is a whole multiple of it


def ask_holdout(case: Case, kept: Conclusion, confirmed: Mapping[int, float], *, batch: int) -> Step:
    """The next holdout pairs for a change that is proven in public, or the final verdict on it.

    `confirmed` maps the index of each pair to its gain; it is empty for a deterministic target. Pairs run `batch` at a time,
    and never more than confirmation took, rounded up.
    """
    if case.program.holdout is None:
        return Conclude(conclusion=kept)
    pairs = pairs_of(case.trials, Stage.HOLDOUT)
    candidates = [pair.candidate for pair in pairs if pair.candidate]
    if any(trial.value is None and trial.fault is not Fault.PREPARE for trial in candidates):
        return _refused(kept, _NOT_HIDDEN)
    unfinished = case.unfinished(Stage.HOLDOUT, pairs)
    if unfinished:
        return unfinished
    valid = [pair for pair in pairs if pair.valid]
    if len(pairs) - len(valid) >= VOIDS:
        return _refused(kept, f"{why_void(pairs)} failed in {VOIDS} holdout pairs")
    if not valid or len(valid) % batch:
        return case.run_pairs(Stage.HOLDOUT, pairs, batch - len(valid) % batch)
    hidden = {pair.index: gain for pair, gain in zip(valid, case.gains(valid), strict=True)}
    answer = _answer(case, confirmed, hidden) if confirmed else _exact_answer(hidden, equal_agrees=kept.margin is not None)
    if answer.agrees is None:
        return case.run_pairs(Stage.HOLDOUT, pairs, batch)
    asked = replace(kept, holdout_gain=case.in_units(answer.gain))
    return Conclude(conclusion=asked) if answer.agrees else _refused(asked, _NOT_HIDDEN)


def _exact_answer(hidden: Mapping[int, float], *, equal_agrees: bool) -> Hidden:
    gain = mean(list(hidden.values()))
    step = step_of(abs(gain) / _DIGITS)
    return Hidden(agrees=gain > 0.0 or (gain == 0.0 and equal_agrees), gain=quantised(gain, step), step=step)


def _answer(case: Case, confirmed: Mapping[int, float], hidden: Mapping[int, float]) -> Hidden:
    twins = sorted(confirmed.keys() & hidden.keys())
    public = [confirmed[index] for index in (*twins, *sorted(confirmed.keys() - hidden.keys()))]
    sealed = [hidden[index] for index in (*twins, *sorted(hidden.keys() - confirmed.keys()))]
    metric = case.program.metric
    wider = len(metric.parts) / len(metric.sealed_parts) if metric.sealed_parts else None
    return compare(public, sealed, final=len(sealed) >= len(public), margin=case.margin, wider=wider)


def _refused(kept: Conclusion, reason: str) -> Conclude:
    return Conclude(conclusion=replace(kept, verdict=Verdict.DISCARD, reason=reason))


def compare(
    confirmed: Sequence[float], hidden: Sequence[float], *, final: bool, margin: float = 0.0, wider: float | None = None
) -> Hidden:
    """Weigh "the hidden gain is the confirmed one" against "there is none", by Wald's sequential test.

    `hidden[j]` ran with the seed of `confirmed[j]`, so the noise that the two share is removed, and the rest decides. The
    confirmed gain counts one standard error lower than it looks, because a winner's gain looks too large. With `final` there is
    always an answer, and only what noise does not explain counts against the candidate. Less code may cost `margin`, so gains
    count from there. `wider`: the hidden gains are of other parts, and this is the variance of one over that of a public
    one, as far as it is known beforehand; at the end they must then be nearer to the confirmed gain than to none.
    Source: Wald, Sequential Analysis (1947); control variates as in Lavenberg and Welch, Management Science 27 (1981).
    """
    confirmed, hidden = [gain + margin for gain in confirmed], [gain + margin for gain in hidden]
    spread = sum_of_squares(confirmed) / (len(confirmed) - 1)
    public = mean(confirmed)
    expected = max(public - math.sqrt(spread / len(confirmed)), public / 2.0)
    adjusted, variance = _adjusted(confirmed, hidden, expected, wider=wider or 1.0)
    found, error = mean(adjusted), math.sqrt(variance / len(adjusted))
    step = step_of(error or abs(public) / _DIGITS)
    gain = quantised(found - margin, step)
    if variance == 0.0:
        return Hidden(agrees=found > expected / 2.0, gain=gain, step=step)
    evidence = expected * (found - expected / 2.0) * len(adjusted) / variance
    agrees: bool | None = None
    if evidence >= AGREES or evidence <= DISAGREES:
        agrees = evidence > 0.0
    elif final:
        agrees = found >= expected - _SURE * error if wider is None else evidence > 0.0
    return Hidden(agrees=agrees, gain=gain, step=step)


def step_of(error: float) -> float:
    """The least 1, 2 or 5 times a power of ten that is at least a standard error: digits below it are noise."""
    if error <= 0.0 or math.isinf(error):
        return error
    power = 10.0 ** math.floor(math.log10(error))
    return next(digit * power for digit in (1.0, 2.0, 5.0, 10.0, 20.0) if digit * power >= error)


def quantised(gain: float, step: float) -> float:
    """The gain rounded to whole steps, so that an answer of the holdout says no more than its noise allows."""
    return float(f"{round(gain / step) * step:.6g}") if step > 0.0 else gain


def _adjusted(
    confirmed: Sequence[float], hidden: Sequence[float], expected: float, *, wider: float
) -> tuple[list[float], float]:
    """The hidden gains without the luck of their seeds and without outliers, and the variance of one."""
    spread = sum_of_squares(confirmed) / (len(confirmed) - 1)
    twins = min(len(confirmed), len(hidden))
    public, public_twins, hidden_twins = mean(confirmed), mean(confirmed[:twins]), mean(hidden[:twins])
    pairs = list(zip(confirmed[:twins], hidden[:twins], strict=True))
    common = math.fsum((c - public_twins) * (h - hidden_twins) for c, h in pairs)
    own = math.fsum((c - public_twins) ** 2 for c, _ in pairs) + 2.0 * spread
    slope = max(0.0, min(1.0, common / own)) if own > 0.0 else 0.0
    adjusted = [h - slope * (confirmed[j] - public) if j < twins else h for j, h in enumerate(hidden)]
    left = spread * (1.0 - slope * slope) * wider
    from statistics import median

    middle = median(adjusted)
    cut = _CUT * max(math.sqrt(left), _MAD_TO_SD * median(abs(gain - middle) for gain in adjusted))
    adjusted = [max(-cut, min(expected + cut, gain)) for gain in adjusted]
    return adjusted, (sum_of_squares(adjusted) + _PRIOR * left) / (len(adjusted) - 1 + _PRIOR)
