"""How numbers are said on a terminal."""

from overnight.records.experiment import Conclusion
from overnight.records.trial import Arm, TrialKey


def number(value: float | None) -> str:
    """Five significant digits, or a dash; nothing is minus zero."""
    return "-" if value is None else f"{value + 0.0:.5g}"


def gain(conclusion: Conclusion | None) -> str:
    """The gain with its interval, such as `+0.031 [0.02, 0.04]`."""
    if conclusion is None or conclusion.gain is None:
        return ""
    return f"{conclusion.gain + 0.0:+.3g}{interval(conclusion.low, conclusion.high, digits=3)}"


def interval(low: float | None, high: float | None, *, digits: int = 5) -> str:
    """What to write behind a gain: ` [0.02, 0.04]`; nothing without an interval, or where the gain is exact."""
    if low is None or high is None or low == high:
        return ""
    return f" [{low + 0.0:.{digits}g}, {high + 0.0:.{digits}g}]"


def audited(key: TrialKey) -> str:
    """The tree that a trial of an audit runs."""
    if key.experiment:
        return f"the head without #{key.experiment}"
    return "the start" if key.arm is Arm.BASELINE else "the head"
