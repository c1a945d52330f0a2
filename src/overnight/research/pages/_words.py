"""How the pages of campaigns write numbers and verdicts."""

import math
from collections.abc import Callable, Iterable, Mapping
from statistics import median

from overnight.gate.verdict import Verdict
from overnight.research.views.numbers import interval, money, number, pace
from overnight.research.views.overview import measured
from overnight.words.figures import figure

VERDICTS = {Verdict.KEEP: "kept", Verdict.DISCARD: "discarded", Verdict.CRASH: "crashed", Verdict.REJECT: "rejected"}
DIGITS = 3  # of a gain
MOST_DECIMALS = 9
LARGEST = 1e9  # that is written without an exponent
USED = {"hours": "{:.1f} of {:.1f} h", "dollars": "${:,.2f} of ${:,.2f}"}  # others are counts


def verdict(value: Verdict | None) -> str:
    """How an experiment ended."""
    return VERDICTS[value] if value else "open"


def gains_among(gains: Iterable[float | None]) -> Callable[[float | None], str]:
    """Writes a gain with its sign, and with as many decimals as three digits of most of these have; empty without one."""
    sizes = [abs(gain) for gain in gains if gain and math.isfinite(gain)]
    digits = max(0, DIGITS - 1 - math.floor(math.log10(median(sizes)))) if sizes else DIGITS

    def write(gain: float | None) -> str:
        if gain is None:
            return ""
        plain = f"{gain:+.{digits}f}" if digits <= MOST_DECIMALS and abs(gain) < LARGEST else figure(gain, DIGITS, signed=True)
        return plain.replace("-", "\N{MINUS SIGN}")

    return write


def used(what: str, so_far: float, limit: float) -> str:
    """What is used of a budget."""
    return USED.get(what, "{:,.0f} of {:,.0f}").format(so_far, limit)


def words(gains: Iterable[float | None] = ()) -> Mapping[str, object]:
    """All of it, for templates whose gains are these."""
    return {
        "number": number,
        "interval": interval,
        "money": money,
        "pace": pace,
        "measured": measured,
        "verdict": verdict,
        "gained": gains_among(gains),
        "used": used,
    }
