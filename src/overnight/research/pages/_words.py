"""How the pages of campaigns write numbers and verdicts."""

from collections.abc import Mapping

from overnight.gate.verdict import Verdict
from overnight.research.views.numbers import interval, money, number, pace
from overnight.research.views.overview import measured
from overnight.words.figures import figure

VERDICTS = {Verdict.KEEP: "kept", Verdict.DISCARD: "discarded", Verdict.CRASH: "crashed", Verdict.REJECT: "rejected"}
USED = {"hours": "{:.1f} of {:.1f} h", "dollars": "${:,.2f} of ${:,.2f}"}  # others are counts


def verdict(value: Verdict | None) -> str:
    """How an experiment ended."""
    return VERDICTS[value] if value else "open"


def gained(gain: float | None) -> str:
    """A gain with its sign; empty without one."""
    return "" if gain is None else figure(gain, 3, signed=True).replace("-", "\N{MINUS SIGN}")


def used(what: str, so_far: float, limit: float) -> str:
    """What is used of a budget."""
    return USED.get(what, "{:,.0f} of {:,.0f}").format(so_far, limit)


def words() -> Mapping[str, object]:
    """All of it, for templates."""
    return {
        "number": number,
        "interval": interval,
        "money": money,
        "pace": pace,
        "measured": measured,
        "verdict": verdict,
        "gained": gained,
        "used": used,
    }
