"""How numbers and times are said to people."""

from overnight.records.experiment import Conclusion
from overnight.records.trial import Arm, TrialKey

MINUTE, HOUR, DAY = 60, 3600, 86400


def duration(seconds: float) -> str:
    """Such as `4.2 s`, `3 min 20 s`, `2 h 05 min`."""
    if seconds < MINUTE:
        return f"{seconds:.1f} s"
    if seconds < HOUR:
        return f"{int(seconds) // MINUTE} min {int(seconds) % MINUTE:02d} s"
    return f"{int(seconds) // HOUR} h {int(seconds) % HOUR // MINUTE:02d} min"


def number(value: float | None) -> str:
    """Five significant digits, or a dash."""
    return "-" if value is None else f"{value:.5g}"


def gain(conclusion: Conclusion | None) -> str:
    """The gain with its interval, such as `+0.031 [0.02, 0.04]`."""
    if conclusion is None or conclusion.gain is None:
        return ""
    if conclusion.low is None or conclusion.high is None:
        return f"{conclusion.gain:+.3g}"
    return f"{conclusion.gain:+.3g} [{conclusion.low:.3g}, {conclusion.high:.3g}]"


def audited(key: TrialKey) -> str:
    """The tree that a trial of an audit runs."""
    if key.experiment:
        return f"the head without #{key.experiment}"
    return "the start" if key.arm is Arm.BASELINE else "the head"
