"""Confirmation: runs pairs of fresh trials until the gain is proven at the test's level or not worth further pairs."""

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from overnight.gate import guards
from overnight.gate.failures import breach, crash
from overnight.gate.holdout import ask_holdout
from overnight.gate.one_draw import is_one_draw
from overnight.gate.pairs import Pair, finished_in_order, pairs_of, why_void
from overnight.gate.stats import centre_interval, label_swap_process, mean, sum_of_squares
from overnight.gate.steps import VOIDS, Case, Conclude, Step
from overnight.gate.trial import Stage, Trial
from overnight.gate.verdict import Conclusion, Verdict
from overnight.words.quantities import counted

_FEWEST_FUTILE = 2  # pairs before an unpromising mean ends a test
_FEWEST_PROJECTED = 4  # pairs before the number still needed is projected
_LEAST_EVIDENCE = 0.5  # lower limit, in nats, of the evidence still missing in that projection


@dataclass(frozen=True, slots=True, kw_only=True)
class Evidence:
    """What the first pairs of a test show."""

    case: Case
    level: float
    pairs: Sequence[Pair]  # finished, in order, without a gap
    valid: Sequence[Pair]  # those of them with two values
    gains: Sequence[float]  # of the valid ones
    log_e: float


def confirm(case: Case, level: float) -> Step:
    """The verdict on a registered proposal, or the trials of its next pair.

    Pairs may run side by side and finish in any order. They are judged in theirs: the verdict is that of the fewest first pairs
    at which a rule ends the test, so what ran beyond them has no say in whether the gain is proven.
    """
    pairs = pairs_of(case.trials, Stage.CONFIRM)
    finished = finished_in_order(pairs)
    for evidence in _growing(case, level, finished):
        if ended := _ended(evidence):
            return ended
    first = len(finished)  # the first index that is not finished
    begun = next((pair for pair in pairs if pair.index == first), Pair(index=first))
    return case.run_trials(Stage.CONFIRM, *((arm, first) for arm in begun.missing))


def _growing(case: Case, level: float, finished: Sequence[Pair]) -> Iterator[Evidence]:
    """What the first pair shows, then what the first two show, and so on."""
    valid = [pair for pair in finished if pair.valid]
    gains = case.gains(valid)
    logs = [0.0, *label_swap_process(gain + case.margin for gain in gains)]
    known = 0
    for done, pair in enumerate(finished, 1):
        known += pair.valid
        yield Evidence(
            case=case, level=level, pairs=finished[:done], valid=valid[:known], gains=gains[:known], log_e=logs[known]
        )


def _ended(evidence: Evidence) -> Step | None:
    """What ends the test at its newest pair: a verdict, or a question to the holdout; None if it goes on."""
    case, valid, gains = evidence.case, evidence.valid, evidence.gains
    if evidence.pairs[-1].crashed:
        return crash(_trials(evidence))
    if case.program.guards and (broken := breach(case, _trials(evidence))):
        return broken
    if len(evidence.pairs) - len(valid) >= VOIDS:
        return Conclude(conclusion=_conclusion(evidence, f"{why_void(evidence.pairs)} failed in {VOIDS} pairs"))
    if is_one_draw([pair.values[1] for pair in valid], [pair.values[0] for pair in valid], case.noise):
        reason = f"its {len(valid)} trials agree whatever the seed, as they would with a fixed lucky seed"
        return Conclude(conclusion=_conclusion(evidence, reason))
    if gains and _proven(evidence):
        found = _conclusion(evidence, "")
        claim = "better" if found.margin is None else f"not worse by {found.margin:.4g}, with less code,"
        found = replace(found, reason=f"{claim} in {counted(len(gains), 'pair')} of fresh trials")
        confirmed = {pair.index: gain for pair, gain in zip(valid, gains, strict=True)}
        kept = replace(found, verdict=Verdict.KEEP)
        return ask_holdout(case, kept, confirmed, batch=max(1, case.program.gate.holdout_pairs))
    hopeless = _hopeless(evidence)
    return Conclude(conclusion=_conclusion(evidence, hopeless)) if hopeless else None


def _trials(evidence: Evidence) -> list[Trial]:
    """The candidate's trials that count so far."""
    confirmed = [pair.candidate for pair in evidence.pairs if pair.candidate]
    return [*(trial for trial in evidence.case.trials if trial.key.stage is Stage.SCREEN), *confirmed]


def _proven(evidence: Evidence) -> bool:
    """Whether the evidence for the gain and for every guard is enough, and the gain is as large as the user asked."""
    case, needed = evidence.case, -math.log(evidence.level)
    gain = mean(evidence.gains) + case.margin
    large = gain > 0.0 and (gain >= case.noise.min_effect or not case.noise.strict or case.margin > 0.0)
    if not large or evidence.log_e < needed:
        return False
    return guards.log_evidence(case.program.guards, _candidates(evidence.valid)) >= needed


def _candidates(valid: Sequence[Pair]) -> list[Trial]:
    return [pair.candidate for pair in valid if pair.candidate]


def _hopeless(evidence: Evidence) -> str | None:
    """Why further pairs are not worth their time; None while they are."""
    case, gains = evidence.case, evidence.gains
    done, cap = len(gains), case.program.gate.max_pairs
    if done >= cap:
        return f"not proven within {counted(cap, 'pair')}{_missing_guard(evidence)}"
    if done < _FEWEST_FUTILE:
        return None
    freedom = case.noise.prior_freedom + done - 1
    variance = (case.noise.prior_variance * case.noise.prior_freedom + sum_of_squares(gains)) / freedom
    spread = math.sqrt(variance) * (1.0 + 1.0 / math.sqrt(2.0 * freedom))
    hoped = mean(gains) + case.margin + spread / math.sqrt(done)
    if hoped <= 0.0 or (hoped < case.noise.min_effect and not case.margin):
        what = "worse by too much" if case.margin else "no gain worth having"
        return f"confirmation: {what} in {counted(done, 'pair')} of fresh trials"
    missing = max(-math.log(evidence.level) - evidence.log_e, _LEAST_EVIDENCE)
    if done >= _FEWEST_PROJECTED and 2.0 * missing * (spread / hoped) * (spread / hoped) > cap - done:
        what = "too small a margin" if case.margin else "too small a gain"
        return f"confirmation: {what} to prove within {counted(cap, 'pair')}"
    return None


def _missing_guard(evidence: Evidence) -> str:
    """What to add if the gain is proven and only a guard is not."""
    needed = -math.log(evidence.level)
    guard = guards.unproven(evidence.case.program.guards, _candidates(evidence.valid), needed)
    return f" that the guard {guard} holds" if guard and evidence.log_e >= needed else ""


def _conclusion(evidence: Evidence, reason: str) -> Conclusion:
    """A discard with the numbers of the test so far."""
    case, gains = evidence.case, evidence.gains
    found = Conclusion(verdict=Verdict.DISCARD, reason=reason, log_e=evidence.log_e, level=evidence.level, pairs=len(gains))
    if not gains:
        return found
    start = mean([case.noise.scale.place(pair.values[0]) for pair in evidence.valid])
    interval = centre_interval(gains, error=1.0 - found.confidence)
    low, high = (case.in_units(bound, start) for bound in interval) if interval else (None, None)
    margin = -case.in_units(-case.margin, start) if case.margin else None
    return replace(found, gain=case.in_units(mean(gains), start), low=low, high=high, margin=margin)
