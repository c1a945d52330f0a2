"""The heads of a campaign and the fresh trials that measured each."""

import math
from collections.abc import Sequence
from dataclasses import dataclass, field

from overnight.gate.audit import Estimate
from overnight.program.program import Metric
from overnight.research.story.spread import Interval, Moments, anytime_band, difference, pooled, single_look
from overnight.research.story.story import Head, TotalGain

OWN = 7  # degrees of freedom from which a head's own spread is better than that of all heads
AS_SURE = 1.5  # times the narrowest width: the widest interval that an audit at the top may have


@dataclass(slots=True)
class _Reign:
    number: int
    commit: str
    hours: float
    tree: str = ""
    trials: Moments = field(default_factory=Moments)


class HeadTally:
    """Follows the branch; assigns each baseline trial to the head whose tree it ran."""

    def __init__(self) -> None:
        self._reigns: list[_Reign] = []
        self._by_tree: dict[str, _Reign] = {}

    def enthrone(self, *, number: int, commit: str, hours: float) -> None:
        """The branch is at this commit from now on."""
        self._reigns.append(_Reign(number, commit, hours))

    def add(self, tree: str, value: float) -> int:
        """Assign a baseline trial to the head whose tree it ran, or to the newest if the tree is unknown; return its number."""
        reign = self._by_tree.setdefault(tree, self._reigns[-1])
        reign.trials.add(value)
        return reign.number

    def sigma(self) -> tuple[float, int]:
        """Standard deviation of a trial within its head, pooled, and its degrees of freedom."""
        return pooled(reign.trials for reign in self._reigns)

    def heads(self) -> tuple[Head, ...]:
        """The heads, oldest first."""
        return tuple(
            Head(
                number=reign.number,
                commit=reign.commit,
                hours=reign.hours,
                trials=reign.trials.count,
                band=anytime_band(reign.trials.mean, reign.trials.count, *self._sigma_of(reign))
                if reign.trials.count
                else None,
            )
            for reign in self._reigns
        )

    def _sigma_of(self, reign: _Reign) -> tuple[float, int]:
        """The spread of a head's own trials if there are enough, else that of all heads."""
        own = pooled([reign.trials])
        return own if own[0] and own[1] >= OWN else self.sigma()

    def fresh_gain(self, metric: Metric, number: int) -> Interval | None:
        """Gain of the head that this experiment made over the one before it."""
        for before, after in zip(self._reigns, self._reigns[1:], strict=False):
            if after.number == number:
                return self._gain(metric, before, after)
        return None

    def total(self, metric: Metric) -> TotalGain | None:
        """The newest head against the start; None when either has no trial, or they are the same."""
        if len(self._reigns) < 2:  # noqa: PLR2004  # a start and a head
            return None
        start, head = self._reigns[0], self._reigns[-1]
        gain = self._gain(metric, start, head)
        if gain is None:
            return None
        return TotalGain(gain=gain, start=start.trials.mean, head=head.trials.mean, audited=False)

    def _gain(self, metric: Metric, before: _Reign, after: _Reign) -> Interval | None:
        if not before.trials.count or not after.trials.count:
            return None
        variance, freedom = difference(before.trials, after.trials, self.sigma())
        return single_look(metric.gain(before.trials.mean, after.trials.mean), variance, freedom)


def headline(fresh: TotalGain | None, audits: Sequence[Estimate]) -> TotalGain | None:
    """The gain shown at the top: of fresh trials, or of the newest audit of the same head that is not much less sure.

    An audit is interleaved, which is worth some width: its interval may be half again as wide as the narrowest before it, and
    no more. The values in the intervals play no part, so that no luckier estimate is preferred. One of width 0 claims an exact
    metric; the first audit that sees noise replaces it.
    """
    best, narrowest = fresh, _width(fresh.gain) if fresh else math.inf
    for total in audits:
        gain = Interval(mid=total.gain, low=total.low, high=total.high)
        width = _width(gain)
        if width <= AS_SURE * narrowest or not narrowest:
            best = TotalGain(gain=gain, start=total.before, head=total.after, audited=True)
        narrowest = min(narrowest or width, width)
    return best


def _width(interval: Interval) -> float:
    return interval.high - interval.low
