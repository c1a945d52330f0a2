"""Finds kept values that are too good to be taken without a look: a bug, a leak of labels or a trick gives such values too.

A doubt is for people. It never changes a verdict, and only what was measured in public raises one.

Does not cover: a leak that gains little; one that gains in small steps, until its value is nearly the best; a metric whose best
value its name does not give away.
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from overnight.program.program import Direction, Metric
from overnight.words.figures import figure

# Words in the names of metrics that are shares: of 1, or of 100 if the start is above 1.
SHARES = frozenset(
    ("accuracy", "acc", "auc", "auroc", "dice", "f1", "iou", "map", "mrr", "ndcg", "precision", "r2", "recall", "top1", "top5")
)
NEARLY = 0.01  # of the start's distance to the best value: what is left of it then is nearly nothing
LEAP = 0.1  # of the distance before one change: a change that leaves less of it is rare
TIMES = 10.0  # as large as before by one change, or as large as the largest gain before
FEWEST = 2  # kept changes, before their gains say how large the next one may be
WORTH = 0.2  # of the value before: a smaller gain is no leap, whatever the gains before it
_DIGITS = 3


@dataclass(frozen=True, slots=True, kw_only=True)
class Levels:
    """Both sides of a keep, in the metric's units: means over the public trials that its verdict is based on."""

    before: float
    after: float


def doubts(metric: Metric, levels: Levels, earlier: Sequence[Levels]) -> tuple[str, ...]:
    """What makes the value of a kept change hard to believe, a sentence part each; `earlier` are the keeps before it."""
    start = earlier[0].before if earlier else levels.before
    return (*_near_best(metric, levels, start), *_out_of_line(metric, levels, earlier))


def look_at(number: int, found: Sequence[str]) -> str:
    """The doubts about an experiment in one line that says what to do."""
    return f"look at #{number} (`overnight show {number}`): {'; '.join(found)}. A bug, a leak or a trick gives such values too"


def _near_best(metric: Metric, levels: Levels, start: float) -> Iterator[str]:
    best = _best(metric, levels, start)
    if best is None:
        if metric.direction is Direction.MAXIMIZE and 0.0 < levels.before * TIMES <= levels.after:
            yield f"one change made {metric.name} {levels.after / levels.before:.3g} times as large"
        return
    left, value = metric.gain(levels.after, best), f"its {metric.name} is {figure(levels.after, _DIGITS)}"
    if left == 0.0:
        yield f"{value}, and no value is better"
    elif left < 0.0:
        yield f"{value}, beyond {best:g}"
    elif left <= NEARLY * metric.gain(start, best):
        yield f"{value}, nearly {best:g}"
    elif left <= LEAP * metric.gain(levels.before, best):
        way = 1.0 - left / metric.gain(levels.before, best)
        yield f"{value} after {figure(levels.before, _DIGITS)}, {100 * way:.3g} % of the way to {best:g} by one change"


def _best(metric: Metric, levels: Levels, start: float) -> float | None:
    """The best value that there is; None if it is not known, or the start is beyond it."""
    if metric.direction is Direction.MINIMIZE:
        return 0.0 if min(start, levels.before) > 0.0 else None
    if min(start, levels.before) < 0.0:
        return None
    named = not SHARES.isdisjoint(re.split(r"[\W_]+", metric.name.lower()))
    tops = (1.0, 100.0) if named else (1.0,) * (levels.after == 1.0)
    return next((top for top in tops if max(start, levels.before) < top), None)


def _out_of_line(metric: Metric, levels: Levels, earlier: Sequence[Levels]) -> Iterator[str]:
    """A gain far beyond all gains before it."""
    gain, gains = metric.gain(levels.before, levels.after), [metric.gain(past.before, past.after) for past in earlier]
    largest = max(gains, default=0.0)
    if len(gains) >= FEWEST and gain >= WORTH * abs(levels.before) and 0.0 < largest * TIMES <= gain:
        yield f"its gain is {gain / largest:.3g} times the largest before it"
