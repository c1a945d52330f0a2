"""How numbers are written on a terminal, and how far an open experiment is."""

from collections.abc import Sequence

from overnight.gate.trial import Arm, Stage, TrialKey
from overnight.gate.verdict import Conclusion
from overnight.research.standing import OpenExperiment
from overnight.words.figures import figure
from overnight.words.quantities import counted, numbered


def number(value: float | None) -> str:
    """Five significant digits, whole numbers whole, or a dash; never minus zero."""
    return "-" if value is None else figure(value, 5)


def gain(conclusion: Conclusion | None) -> str:
    """The gain with its interval, such as `+0.031 [0.02, 0.04]`."""
    if conclusion is None or conclusion.gain is None:
        return ""
    return f"{figure(conclusion.gain, 3, signed=True)}{interval(conclusion.low, conclusion.high, digits=3)}"


def interval(low: float | None, high: float | None, *, digits: int = 5) -> str:
    """What to write after a gain: ` [0.02, 0.04]`; nothing without an interval, or if the gain is exact."""
    if low is None or high is None or low == high:
        return ""
    return f" [{figure(low, digits)}, {figure(high, digits)}]"


def audited(key: TrialKey) -> str:
    """The tree that a trial of an audit runs."""
    if key.experiment:
        part = f"part {key.part} of " if key.part else ""
        return f"the head without {part}#{key.experiment}"
    return "the start" if key.arm is Arm.BASELINE else "the head"


def money(cost_usd: float) -> str:
    """Dollars and cents, and two digits of less than ten cents."""
    return f"${cost_usd:,.2f}" if cost_usd >= 0.1 or not cost_usd else f"${cost_usd:.2g}"  # noqa: PLR2004  # below, cents say little


def estimated(calls: int) -> str:
    """What to write after a count of calls: ` (2 calls estimated)`; nothing if their providers counted all."""
    return f" ({counted(calls, 'call')} estimated)" if calls else ""


def pace(output_tokens_per_s: float | None) -> str:
    """What to write after tokens: ` at 40 tokens/s`; nothing if it is not known."""
    return "" if output_tokens_per_s is None else f" at {output_tokens_per_s:.0f} tokens/s"


def half_way(opened: OpenExperiment) -> str:
    """How far an experiment without a verdict is."""
    if opened.conclusion:
        return "is kept, but its branch has not moved yet"
    if any(trial.key.stage is Stage.HOLDOUT for trial in opened.trials):
        return "is proven in public and waits for the holdout"
    return "is half measured" if opened.trials else "is not measured yet"


def how_moved(replaces: Sequence[int]) -> str:
    """How an open experiment was brought onto a new head."""
    if not replaces:
        return "merged into it"
    return f"in its own text, which conflicts with {numbered(replaces)}"


def replaced(by: int) -> str:
    """What to write after a kept change that a later one undid; nothing if none did."""
    return f" (replaced by #{by})" if by else ""
