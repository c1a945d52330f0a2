"""Confirmation: runs pairs of fresh trials until the gain is proven at the test's level or not worth further pairs."""

import math
from collections.abc import Sequence
from dataclasses import replace

from overnight.gate import guards
from overnight.gate.holdout import ask_holdout
from overnight.gate.one_draw import is_one_draw
from overnight.gate.pairs import Pair, pairs_of, why_void
from overnight.gate.stats import centre_interval, log_label_swap, mean, sum_of_squares
from overnight.gate.steps import VOIDS, Case, Conclude, Step
from overnight.gate.trial import Stage, Trial
from overnight.gate.verdict import Conclusion, Verdict
from overnight.words.quantities import counted

_FEWEST_FUTILE = 2  # pairs before an unpromising mean ends a test
_FEWEST_PROJECTED = 4  # pairs before the number still needed is projected
_LEAST_EVIDENCE = 0.5  # lower limit, in nats, of the evidence still missing in that projection


def confirm(case: Case, level: float) -> Step:
    """The next pair, or the verdict on a registered proposal."""
    pairs = pairs_of(case.trials, Stage.CONFIRM)
    unfinished = case.unfinished(Stage.CONFIRM, pairs)
    if unfinished:
        return unfinished
    valid = [pair for pair in pairs if pair.valid]
    gains = case.gains(valid)
    log_e = log_label_swap([gain + case.margin for gain in gains]) if gains else 0.0
    if len(pairs) - len(valid) >= VOIDS:
        return Conclude(conclusion=_conclusion(case, valid, log_e, level, f"{why_void(pairs)} failed in {VOIDS} pairs"))
    if is_one_draw([pair.values[1] for pair in valid], [pair.values[0] for pair in valid], case.noise):
        reason = f"its {len(valid)} trials agree whatever the seed, as they would with a fixed lucky seed"
        return Conclude(conclusion=_conclusion(case, valid, log_e, level, reason))
    if gains and _proven(case, valid, gains, log_e, level):
        found = _conclusion(case, valid, log_e, level, "")
        claim = "better" if found.margin is None else f"not worse by {found.margin:.4g}, with less code,"
        found = replace(found, reason=f"{claim} in {counted(len(gains), 'pair')} of fresh trials")
        confirmed = {pair.index: gain for pair, gain in zip(valid, gains, strict=True)}
        kept = replace(found, verdict=Verdict.KEEP)
        return ask_holdout(case, kept, confirmed, batch=max(1, case.program.gate.holdout_pairs))
    hopeless = _hopeless(case, valid, log_e, level)
    if hopeless:
        return Conclude(conclusion=_conclusion(case, valid, log_e, level, hopeless))
    return case.run_pairs(Stage.CONFIRM, pairs)


def _proven(case: Case, valid: Sequence[Pair], gains: Sequence[float], log_e: float, level: float) -> bool:
    """Whether the evidence for the gain and for every guard is enough, and the gain is as large as the user asked."""
    evidence = min(log_e, guards.log_evidence(case.program.guards, _candidates(valid)))
    gain = mean(gains) + case.margin
    large = gain > 0.0 and (gain >= case.noise.min_effect or not case.noise.strict or case.margin > 0.0)
    return large and evidence >= -math.log(level)


def _candidates(valid: Sequence[Pair]) -> list[Trial]:
    return [pair.candidate for pair in valid if pair.candidate]


def _hopeless(case: Case, valid: Sequence[Pair], log_e: float, level: float) -> str | None:
    """Why further pairs are not worth their time; None while they are."""
    gains = case.gains(valid)
    done, cap = len(gains), case.program.gate.max_pairs
    if done >= cap:
        return f"not proven within {counted(cap, 'pair')}{_missing_guard(case, valid, log_e, level)}"
    if done < _FEWEST_FUTILE:
        return None
    freedom = case.noise.prior_freedom + done - 1
    variance = (case.noise.prior_variance * case.noise.prior_freedom + sum_of_squares(gains)) / freedom
    spread = math.sqrt(variance) * (1.0 + 1.0 / math.sqrt(2.0 * freedom))
    hoped = mean(gains) + case.margin + spread / math.sqrt(done)
    if hoped <= 0.0 or (hoped < case.noise.min_effect and not case.margin):
        what = "worse by too much" if case.margin else "no gain worth having"
        return f"confirmation: {what} in {counted(done, 'pair')} of fresh trials"
    missing = max(-math.log(level) - log_e, _LEAST_EVIDENCE)
    if done >= _FEWEST_PROJECTED and 2.0 * missing * (spread / hoped) * (spread / hoped) > cap - done:
        what = "too small a margin" if case.margin else "too small a gain"
        return f"confirmation: {what} to prove within {counted(cap, 'pair')}"
    return None


def _missing_guard(case: Case, valid: Sequence[Pair], log_e: float, level: float) -> str:
    """What to add if the gain is proven and only a guard is not."""
    guard = guards.unproven(case.program.guards, _candidates(valid), -math.log(level))
    return f" that the guard {guard} holds" if guard and log_e >= -math.log(level) else ""


def _conclusion(case: Case, valid: Sequence[Pair], log_e: float, level: float, reason: str) -> Conclusion:
    """A discard with the numbers of the test so far."""
    gains = case.gains(valid)
    found = Conclusion(verdict=Verdict.DISCARD, reason=reason, log_e=log_e, level=level, pairs=len(gains))
    if not gains:
        return found
    start = mean([case.noise.scale.place(pair.values[0]) for pair in valid])
    interval = centre_interval(gains, error=1.0 - found.confidence)
    low, high = (case.in_units(bound, start) for bound in interval) if interval else (None, None)
    margin = -case.in_units(-case.margin, start) if case.margin else None
    return replace(found, gain=case.in_units(mean(gains), start), low=low, high=high, margin=margin)
