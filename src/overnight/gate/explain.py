"""Explains a verdict in plain words, with the numbers behind it."""

import math

from overnight.gate.noise import NoiseReport
from overnight.gate.verdict import Conclusion, Verdict
from overnight.program.program import Noise, Program
from overnight.words.figures import figure
from overnight.words.quantities import counted

_LARGEST_LOG = 700.0  # e^x beyond it overflows
_WORTH_TELLING = 0.2  # correlation


def explain(conclusion: Conclusion, program: Program) -> list[str]:
    """Sentences that say what happened to a proposal and why."""
    sentences = [f"{_VERDICTS[conclusion.verdict]}: {conclusion.reason}."]
    if conclusion.gain is not None:
        sentences.append(_gain(conclusion, program))
    if conclusion.margin is not None:
        sentences.append(_simpler(conclusion))
    if conclusion.level is not None and conclusion.log_e is not None:
        sentences += _evidence(conclusion, program)
    if conclusion.holdout_gain is not None:
        sentences.append(_holdout(conclusion.holdout_gain, kept=conclusion.verdict is Verdict.KEEP))
    return sentences


def explain_noise(report: NoiseReport) -> str:
    """What is known about the noise so far, from all heads of the campaign, in one sentence."""
    if report.paired:
        return _paired_noise(report)
    if not report.known:
        return "Noise: unknown, with too few trials of the head so far."
    trials = counted(report.trials, "trial")
    if report.kind is Noise.DETERMINISTIC:
        return f"Noise: none seen in {trials} of this campaign's heads, so one trial can discard and a win is run twice."
    noise = f"Noise, from {trials} of this campaign's heads so far: {report.kind.value}, standard deviation {report.sigma:.4g}"
    if report.correlation >= _WORTH_TELLING:
        noise += f", of which trials with the same seed share {report.correlation:.0%}"
    drift = "; the machine drifts, so screening uses only the newest trials of the head" if report.drifting else ""
    return f"{noise}{drift}."


def _paired_noise(report: NoiseReport) -> str:
    """The same if no trial of a head runs alone."""
    if not report.known:
        return "Noise: unknown, with too few pairs so far."
    return f"Noise: the gain of one pair of equal trees has a standard deviation of {report.paired_sigma:.4g}."


def seed_note(program: Program, kind: Noise) -> str:
    """What it means that the command takes no seed; empty if it takes one or the program already has the fix."""
    if program.seeded or (kind is Noise.DETERMINISTIC and program.metric.min_effect is not None):
        return ""
    if kind is Noise.DETERMINISTIC:
        return (
            "the command has no {seed} and its trials agree: if it has its own fixed seed, any change draws different luck, "
            "which can look like a gain; let it take {seed} (or read OVERNIGHT_SEED), or set min_effect"
        )
    return (
        "the command has no {seed}: unless it reads OVERNIGHT_SEED, the two trials of a pair share no luck, and a proof needs "
        "more pairs"
    )


_VERDICTS = {
    Verdict.KEEP: "Kept",
    Verdict.DISCARD: "Discarded",
    Verdict.CRASH: "Crashed",
    Verdict.REJECT: "Rejected unmeasured",
}


def _gain(conclusion: Conclusion, program: Program) -> str:
    name = f"{program.metric.name} ({program.metric.direction.value})"
    if conclusion.low is None or conclusion.high is None:
        where = (
            f"over {counted(conclusion.pairs, 'pair')}"
            if conclusion.pairs
            else f"in screening, {_screened(program)} and no evidence"
        )
        return f"Its gain in {name} is {_signed(conclusion.gain)} {where}; positive is better."
    if conclusion.low == conclusion.high:
        return f"Its gain in {name} is {_signed(conclusion.gain)}, without noise; positive is better."
    return (
        f"Its gain in {name} is {_signed(conclusion.gain)}, {conclusion.confidence:.0%} interval "
        f"{_signed(conclusion.low)} to {_signed(conclusion.high)}, over {counted(conclusion.pairs, 'pair')} of fresh trials; "
        "positive is better."
    )


def _screened(program: Program) -> str:
    return "in pairs" if program.gate.expensive else "corrected for the luck of its seeds"


def _signed(gain: float | None) -> str:
    return figure(gain or 0.0, 4, signed=True)


def _holdout(gain: float, *, kept: bool) -> str:
    found = f"On the sealed holdout it gained {gain:+.3g}, rounded to what its noise allows"
    return f"{found}." if kept else f"{found}: too little beside its noise to confirm the gain in public."


def _simpler(conclusion: Conclusion) -> str:
    """What a change with less code has to prove."""
    if not conclusion.margin:
        return "It has less code, and the program keeps that if the metric is equal."
    return f"It has less code, and the program keeps that if it is proven not to be worse by {conclusion.margin:.4g} or more."


def _evidence(conclusion: Conclusion, program: Program) -> list[str]:
    level, log_e = conclusion.level or 1.0, conclusion.log_e or 0.0
    null = "without gain" if conclusion.margin is None else "that is worse by that much"
    found = math.exp(min(log_e, _LARGEST_LOG))
    return [
        f"Evidence: E = {found:.3g}, and a keep needs {1.0 / level:.3g}: a change {null} reaches that at most once in "
        f"{1.0 / level:.3g} tries, however often you look.",
        f"Its share of the campaign's error budget of {program.gate.error_rate:g} was {level:.2g}.",
    ]
