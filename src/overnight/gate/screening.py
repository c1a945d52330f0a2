"""Screening finds the proposals that are worth a test, for one to five trials each; nothing here counts as evidence."""

import math
from collections.abc import Sequence

from overnight.gate.holdout import ask_holdout
from overnight.gate.pairs import pairs_of, why_void
from overnight.gate.seeds import ANCHORS
from overnight.gate.stats import mean
from overnight.gate.steps import VOIDS, Case, Step, conclude
from overnight.gate.trial import Arm, Stage, Trial
from overnight.gate.verdict import Conclusion, Verdict
from overnight.program.program import Noise
from overnight.words.quantities import counted

SCREEN = (0.6, 0.8, 1.2, 1.4, 1.7)  # standardised lead that a candidate needs after 1, 2, .. trials; tuned in bench/gate
_TENTHS = 10.0
SCREEN_PAIRS = (0.0, 0.5)  # the same if both arms run; tuned in bench/meta
SCREEN_SIMPLER = (-1.0, -1.0, -1.0)  # the same, beyond the harm that less code may do: most that do no harm pass


def screen(case: Case) -> Step | None:
    """The next screening trial or a discard; None if the candidate is worth a test."""
    trials = _screened(case)
    done = len(trials)
    bars = SCREEN_SIMPLER if case.margin > 0.0 else SCREEN
    if done:
        lead, error = _lead(case, trials)
        lead += case.margin
        score = lead / error if error > 0.0 else math.copysign(math.inf, lead) if lead else 0.0
        needed = bars[min(done, len(bars)) - 1]
        if score < needed:
            reason = f"screening: {stands(score)} after {counted(done, 'trial')}; to go on it needs {_lead_in_words(needed)}"
            return conclude(Verdict.DISCARD, reason, gain=case.in_units(lead - case.margin))
    return case.run_trials(Stage.SCREEN, (Arm.CANDIDATE, done + _voids(case))) if done < len(bars) else None


def stands(score: float) -> str:
    """Where a candidate is that is not far enough ahead, in standard errors: digits of it mean nothing.

    Rounded down, so that what is short of a bar never reads as on it.
    """
    if math.isinf(score):
        return "behind the head" if score < 0 else "ahead of the head"
    return f"{abs(math.floor(_TENTHS * score) / _TENTHS):.1f} standard errors {'behind' if score < 0 else 'ahead of'} the head"


def _lead_in_words(needed: float) -> str:
    if needed == 0:
        return "not to be behind"
    return f"a lead of {needed:g}" if needed > 0 else f"to be at most {-needed:g} behind"


def _lead(case: Case, trials: Sequence[Trial]) -> tuple[float, float]:
    """How far the candidate is ahead of the head, and the standard error of that.

    Its trials reuse the seeds of the head's first ones. Part of what those seeds did to the head, relative to the head's mean,
    they also did to the candidate: that part is subtracted (a control variate). With the slope b of candidate on head, n trials
    of the head and k of the candidate, the variance is ((1 - b)^2 / n + (1 - b^2) / k) sigma^2.
    """
    noise = case.noise
    luck = [noise.anchors[trial.seed] - (noise.level or 0.0) for trial in trials if trial.seed in noise.anchors]
    slope = noise.luck * len(luck) / len(trials)
    lead = case.lead([trial.value or 0.0 for trial in trials], luck=slope * mean(luck) if luck else 0.0)
    variance = (1.0 - slope) ** 2 / noise.trials + (1.0 - slope**2) / len(trials)
    return lead, noise.sigma * math.sqrt(variance)


def screen_pairs(case: Case) -> Step | None:
    """As `screen`, but each trial of the candidate beside one of the head: there is no other trial of the head to compare with.

    With fresh seeds, since both arms share them.
    """
    pairs = pairs_of([*case.trials], Stage.SCREEN)
    if unfinished := case.unfinished(Stage.SCREEN, pairs):
        return unfinished
    gains = case.gains([pair for pair in pairs if pair.valid])
    if len(pairs) - len(gains) >= VOIDS:
        return conclude(Verdict.DISCARD, f"{why_void(pairs)} failed in {VOIDS} pairs")
    if gains:
        score, needed = _score(case, gains), SCREEN_PAIRS[min(len(gains), len(SCREEN_PAIRS)) - 1]
        if score < needed:
            done = counted(len(gains), "pair")
            reason = f"screening: {stands(score)} after {done}; to go on it needs {_lead_in_words(needed)}"
            return conclude(Verdict.DISCARD, reason, gain=mean(gains))
    if len(gains) >= len(SCREEN_PAIRS):
        return None
    return case.run_trials(Stage.SCREEN, *((arm, ANCHORS + len(pairs)) for arm in Arm))


def _score(case: Case, gains: Sequence[float]) -> float:
    """The mean gain in standard errors, by what is known of the spread and what these pairs show of it about no gain."""
    noise = case.noise
    known = noise.prior_variance * noise.prior_freedom + math.fsum(gain * gain for gain in gains)
    error = math.sqrt(known / (noise.prior_freedom + len(gains)) / len(gains))
    return mean(gains) / error if error > 0.0 else 0.0


def screen_exact(case: Case) -> Step | None:
    """The verdict on a deterministic target: one trial discards, a win is run twice.

    None if the two differ: the candidate then brings noise of its own and needs a test.
    """
    values = [trial.value for trial in _screened(case) if trial.value is not None]
    if not values:
        return case.run_trials(Stage.SCREEN, (Arm.CANDIDATE, _voids(case)))
    gain = case.lead(values[:1])
    wanted = max(case.noise.min_effect, 0.0) if case.noise.strict else 0.0
    if gain < 0.0 or (gain <= wanted and not case.simpler):
        reason = "not better than the head" if gain <= 0.0 else f"better by less than min_effect {wanted:g}"
        reason = "equal to the head, not better" if gain == 0.0 else reason
        return conclude(Verdict.DISCARD, reason, gain=gain)
    if case.program.gate.noise is Noise.AUTO and len(values) == 1:
        fresh = ANCHORS + _voids(case)  # with a seed that no other candidate had
        return case.run_trials(Stage.SCREEN, (Arm.CANDIDATE, fresh))
    if any(value != values[0] for value in values):
        return None
    reason, margin = ("better", None) if gain > wanted else ("no worse, with less code", 0.0)
    kept = Conclusion(
        verdict=Verdict.KEEP, reason=f"{reason}, on a target without noise", gain=gain, low=gain, high=gain, margin=margin
    )
    return ask_holdout(case, kept, {}, batch=1)


def _screened(case: Case) -> list[Trial]:
    done = (trial for trial in case.trials if trial.key.stage is Stage.SCREEN and trial.value is not None)
    return sorted(done, key=lambda trial: trial.key.index)


def _voids(case: Case) -> int:
    """How many trials had nothing to run on."""
    return sum(trial.key.stage is Stage.SCREEN and trial.value is None for trial in case.trials)
