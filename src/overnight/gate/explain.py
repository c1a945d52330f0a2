"""A verdict in plain words, with the numbers that it stands on."""

import math

from overnight.gate.noise import NoiseReport
from overnight.gate.verdict import Conclusion, Verdict
from overnight.program.program import Noise, Program
from overnight.words.figures import figure
from overnight.words.quantities import counted

_LARGEST_LOG = 700.0  # e^x beyond it overflows
_WORTH_TELLING = 0.2  # correlation


def explain(conclusion: Conclusion, program: Program) -> list[str]:
    """Sentences that say what became of a proposal and why."""
    told = [f"{_VERDICTS[conclusion.verdict]}: {conclusion.reason}."]
    if conclusion.gain is not None:
        told.append(_gain(conclusion, program))
    if conclusion.margin is not None:
        told.append(_simpler(conclusion))
    if conclusion.level is not None and conclusion.log_e is not None:
        told += _evidence(conclusion, program)
    if conclusion.holdout_gain is not None and conclusion.verdict is Verdict.KEEP:
        told.append(f"On the sealed holdout it gained {conclusion.holdout_gain:+.3g}, rounded to what its noise allows.")
    return told


def explain_noise(report: NoiseReport) -> str:
    """What is known of the noise by now, from all heads of the campaign, in one sentence."""
    if not report.known:
        return "Noise: too few trials of the head to say."
    trials = counted(report.trials, "trial")
    if report.kind is Noise.DETERMINISTIC:
        return f"Noise: none seen in {trials} of this campaign's heads, so one trial discards and a win is run twice."
    told = f"Noise, by {trials} of this campaign's heads so far: {report.kind.value}, standard deviation {report.sigma:.4g}"
    if report.correlation >= _WORTH_TELLING:
        told += f", of which trials with one seed share {report.correlation:.0%}"
    drift = "; the machine drifts, so screening looks at the newest trials of the head alone" if report.drifting else ""
    return f"{told}{drift}."


def seed_note(program: Program, kind: Noise) -> str:
    """What it means that the command takes no seed; empty where it takes one, or where the program has what fixes it."""
    if program.seeded or (kind is Noise.DETERMINISTIC and program.metric.min_effect is not None):
        return ""
    if kind is Noise.DETERMINISTIC:
        return (
            "the command has no {seed} and its trials agree: if it has a fixed seed of its own, any change draws other luck, "
            "which can look like a gain; let it take {seed} (or read OVERNIGHT_SEED), or set min_effect"
        )
    return (
        "the command has no {seed}: unless it reads OVERNIGHT_SEED, the two trials of a pair have no luck in common, and a "
        "proof takes more of them"
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
            else "in screening, less the luck of its seeds, which is no evidence"
        )
        return f"It changed {name} by a gain of {_signed(conclusion.gain)} {where}; positive is better."
    if conclusion.low == conclusion.high:
        return f"It changed {name} by a gain of {_signed(conclusion.gain)}, without noise; positive is better."
    return (
        f"It changed {name} by a gain of {_signed(conclusion.gain)}, {conclusion.confidence:.0%} interval "
        f"{_signed(conclusion.low)} to {_signed(conclusion.high)}, over {counted(conclusion.pairs, 'pair')} of fresh trials; "
        "positive is better."
    )


def _signed(gain: float | None) -> str:
    return figure(gain or 0.0, 4, signed=True)


def _simpler(conclusion: Conclusion) -> str:
    """What is asked of less code."""
    if not conclusion.margin:
        return "It has less code, and the program keeps that where the metric is equal."
    return (
        f"It has less code, and the program keeps that where it is proven not to be worse by {conclusion.margin:.4g} or more."
    )


def _evidence(conclusion: Conclusion, program: Program) -> list[str]:
    level, log_e = conclusion.level or 1.0, conclusion.log_e or 0.0
    null = "without gain" if conclusion.margin is None else "that is worse by so much"
    found = math.exp(min(log_e, _LARGEST_LOG))
    return [
        f"Evidence: E = {found:.3g}, where a keep needs {1.0 / level:.3g}: a change {null} gets there at most once in "
        f"{1.0 / level:.3g} tries, however often one looks.",
        f"Its share of the campaign's error budget of {program.gate.error_rate:g} was {level:.2g}.",
    ]
