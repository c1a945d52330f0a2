"""How numbers of a campaign are written for people, the same on the page and in the Markdown."""

import math
from dataclasses import dataclass

from overnight.gate.verdict import Conclusion
from overnight.program.program import Direction, Metric
from overnight.research.story.story import Story

_MOST_DIGITS = 9
_LARGEST_FIXED = 1e7  # larger values are written with an exponent
_LARGEST_WHOLE = 1e12  # so are whole numbers from here on, if the metric has no others
_LARGEST_E = 1e6  # beyond it an e-value is only "over a million"
_MINUS = "\N{MINUS SIGN}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Figures:
    """How values of the metric are written: with as many decimals as have a meaning despite the noise."""

    digits: int

    def value(self, value: float) -> str:
        """A value of the metric."""
        if self.digits == 0 and float(value).is_integer() and abs(value) < _LARGEST_WHOLE:
            return f"{value:.0f}"
        if abs(value) >= _LARGEST_FIXED or self.digits > _MOST_DIGITS:
            return f"{value:.6g}"
        return f"{value:.{self.digits}f}"

    def gain(self, gain: float | None) -> str:
        """A gain with its sign; positive is better."""
        if gain is None:
            return "not measured"
        return f"{'+' if gain >= 0 else _MINUS}{self.value(abs(gain))}"

    def interval(self, low: float | None, high: float | None) -> str:
        """An interval of gains; empty without one, and for a gain that is exact."""
        return "" if low is None or high is None or low == high else f"{self.gain(low)} to {self.gain(high)}"


def figures_of(story: Story) -> Figures:
    """Two significant digits of the noise; without noise, four of the smallest kept gain or of the start.

    Without noise and with whole numbers only, no decimals.
    """
    if story.noise.sigma > 0:
        return Figures(digits=_decimals(story.noise.sigma, 2))
    if _whole(story):
        return Figures(digits=0)
    gains = [abs(keep.conclusion.gain) for keep in story.keeps if keep.conclusion.gain]
    levels = [abs(point.value) for point in story.baseline[:1] if point.value]
    return Figures(digits=_decimals(min(gains or levels, default=1.0), 4))


def _whole(story: Story) -> bool:
    """Whether every value that was seen is a whole number."""
    values = [point.value for point in (*story.baseline, *story.candidates)]
    values += [keep.conclusion.holdout_gain for keep in story.keeps if keep.conclusion.holdout_gain is not None]
    if story.audit:
        audited = (story.audit.concluded.total, *(change.estimate for change in story.audit.concluded.changes))
        values += [bound for found in audited if found for bound in (found.gain, found.low, found.high)]
    return bool(values) and all(float(value).is_integer() for value in values)


def _decimals(scale: float, significant: int) -> int:
    return max(0, significant - 1 - math.floor(math.log10(scale)))


def better(metric: Metric) -> str:
    """Which way is better."""
    return "lower is better" if metric.direction is Direction.MINIMIZE else "higher is better"


def percent(share: float) -> str:
    """A share of one, such as `2.5 %`."""
    return f"{100 * share:.3g} %"


def relative(gain: float, start: float) -> str:
    """A gain as a share of the start; empty if that is 0."""
    if start == 0:
        return ""
    return f"{percent(abs(gain / start))} {'better' if gain >= 0 else 'worse'}"


def e_value(conclusion: Conclusion) -> str:
    """The evidence of a keep: its e-value."""
    return _odds(conclusion.log_e) if conclusion.log_e is not None else ""


def required(conclusion: Conclusion) -> str:
    """The e-value that its level required."""
    return _odds(-math.log(conclusion.level)) if conclusion.level else ""


def _odds(log_odds: float) -> str:
    if log_odds > math.log(_LARGEST_E):
        return "over 1,000,000"
    odds = math.exp(log_odds)
    return f"{odds:,.0f}" if odds >= 10 else f"{odds:.2g}"  # noqa: PLR2004  # two digits are enough either way
