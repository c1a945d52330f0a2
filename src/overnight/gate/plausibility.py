"""Finds kept values that are too good to be taken without a look: a bug, a leak of labels or a trick gives such values too.

A doubt is for people. It never changes a verdict, and only what was measured in public raises one. A gain that cannot be true
for all that is known is more than a doubt: the change is held until a person has read it.

Does not cover: a leak that gains little; one that gains in small steps, until all of them make a value a hundred times better
or nearly the best; a metric whose best value its name does not give away; with `produce` and `score`, an artifact that cheats
the scorer raises doubts alone.
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from overnight.program.program import OUTSIDE, Direction, Metric, Program
from overnight.words.figures import figure

# Words in the names of metrics that are shares: of 1, or of 100 if the start is above 1.
SHARES = frozenset(
    ("accuracy", "acc", "auc", "auroc", "dice", "f1", "iou", "map", "mrr", "ndcg", "precision", "r2", "recall", "top1", "top5")
)
NEARLY = 0.01  # of the start's distance to the best value: what is left of it then is nearly nothing
LEAP = 0.1  # of the distance before one change: a change that leaves less of it is rare
TIMES = 10.0  # as large as before by one change, or as large as the largest gain before
TIMES_IN_STEPS = 100.0  # the same by several changes, none of which a person has read
FEWEST = 2  # kept changes, before their gains say how large the next one may be
WORTH = 0.2  # of the value before: a smaller gain is no leap, whatever the gains before it
MOST_DEVIATIONS = 20.0  # sd of one trial of the head: no change gains more by itself, unless it takes the metric elsewhere
_DIGITS = 3
_DOUBTED = "A bug, a leak or a trick gives such values too"


@dataclass(frozen=True, slots=True, kw_only=True)
class Levels:
    """Both sides of a keep, in the metric's units: means over the public trials that its verdict is based on."""

    before: float
    after: float
    deviations: float | None = (
        None  # the gain in sd of one trial of the head, as the gate knew it; None: not known, or no noise
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Doubt:
    """Why the value of a kept change is hard to believe, and what a person said to it."""

    number: int  # of the experiment
    says: tuple[str, ...]  # sentence parts, the gravest first
    unbelievable: bool  # its gain cannot be true for all that is known
    believed: bool  # a person has read the change, and believes it

    @property
    def held(self) -> bool:
        """Whether it waits for a person."""
        return self.unbelievable and not self.believed

    @property
    def open(self) -> bool:
        """Whether it is no more than a doubt, and nobody has looked."""
        return not self.unbelievable and not self.believed


def doubts(metric: Metric, levels: Levels, earlier: Sequence[Levels]) -> tuple[str, ...]:
    """What makes the value of a kept change hard to believe, a sentence part each; `earlier` are the keeps before it."""
    start = earlier[0].before if earlier else levels.before
    near = () if metric.parts else _near_best(metric, levels, start)  # a mean in spreads has no best value, and no unit
    return (*near, *_out_of_line(metric, levels, earlier))


def unbelievable(program: Program, levels: Levels, unread: Sequence[Levels] = ()) -> str:
    """Why a gain cannot be true, as a sentence part; empty if it may be.

    Only where the candidate's own process is what the value comes from: with `produce` and `score`, frozen code read what it
    wrote. A time that a program prints varies so little that 20 sd are an ordinary gain, so it must be large beside its value,
    too; one that is measured from outside no candidate can print, so that only orders of magnitude count: work left out.

    `unread` are the keeps just before that a person has not read and that were not held either, the oldest first: what many of
    them gain together is judged too, but for times, which honest work makes many times shorter step by step.
    """
    metric = program.metric
    gain = metric.gain(levels.before, levels.after)
    if not program.one_process or gain <= 0.0:
        return ""
    apart = 0.0 if metric.name in OUTSIDE else levels.deviations or 0.0
    if apart > MOST_DEVIATIONS and (not program.measures_time or gain >= WORTH * abs(levels.before)):
        return f"{_moved(metric, levels)}, {apart:.3g} standard deviations of one trial at once"
    if metric.parts:
        return ""  # a mean in spreads may begin at nearly 0
    if by_orders(metric, levels):
        return f"{_moved(metric, levels)}, tenfold or more at once"
    if not unread or program.measures_time or metric.name in OUTSIDE:
        return ""
    whole = Levels(before=unread[0].before, after=levels.after)
    if by_orders(metric, whole, TIMES_IN_STEPS):
        return f"{_moved(metric, whole)} by {len(unread) + 1} changes that nobody has read, a hundredfold or more"
    return ""


def by_orders(metric: Metric, levels: Levels, times: float = TIMES) -> bool:
    """Whether the value after is so many times better, or more: as large, or as near 0 if it comes from its wrong side.

    What is better than such a value is so too: every value across 0, and from 0 itself, which has no size, every gain.
    """
    before, after = levels.before, levels.after
    if metric.direction is Direction.MINIMIZE:
        before, after = -before, -after
    if after <= before:
        return False
    return after >= before / times if before < 0.0 else after >= times * before


def _moved(metric: Metric, levels: Levels) -> str:
    return f"{metric.name} went from {figure(levels.before, _DIGITS)} to {figure(levels.after, _DIGITS)}"


def look_at(number: int, found: Sequence[str]) -> str:
    """The doubts about an experiment in one line that says what to do."""
    return f"look at #{number} (`overnight show {number}`): {'; '.join(found)}. {_DOUBTED}"


def hold(number: int, found: Sequence[str]) -> str:
    """The same for a keep that is held: what it means for others, and how a person lets it go."""
    way = f"`overnight show {number}`, then `overnight believe {number}` if its gain is real"
    after = f"{_DOUBTED}, and all that is kept after #{number} is measured against it"
    return f"#{number} is unbelievable until read ({way}): {'; '.join(found)}. {after}"


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
