"""Finds candidates whose random generator ignores the seed that we hand out.

A fixed lucky seed is better in every trial, so no statistics would refuse it. But its trials agree, on a value that the head
could have drawn.

Does not cover: one of several generators with a fixed seed; a fixed seed that gives a perfect score, a small whole number, or a
value that the head has too; and a fixed seed with noise added on purpose, which is fraud and shows in the diff.
"""

import math
from collections import Counter
from collections.abc import Sequence

from overnight.gate.noise import NoiseModel
from overnight.gate.stats import mean, sum_of_squares

FEWEST = 5  # trials of each arm: fewer do not show how often the head's values repeat
REACHED = 6.0  # sd from the head's mean; the best of a hundred million draws is no farther, and a pool makes many
AGREEING = 0.01  # sd of the candidate, in sd of the head: parallel sums and clocks differ in the last digits
BY_CHANCE = 0.01  # probability that trials of a coarse metric agree, above which chance explains it
COUNTS = 0.05  # share of ties from which on whole numbers are counts, whose optimum needs no luck: an sd of up to about 5
PERFECT = frozenset((0.0, 1.0, 100.0))  # the least loss and the best scores, which no lucky draw of a fine metric hits
_SD_OF_NORMAL = 1.4826  # in median absolute deviations


def is_one_draw(values: Sequence[float], head: Sequence[float], noise: NoiseModel) -> bool:
    """Whether a candidate's trials are one draw of the head's luck, repeated in every trial.

    They look like it if they agree whatever the seed, unlike the head's, on a value that the head could have drawn. A candidate
    without noise because it reaches an optimum is farther away, or has a perfect value, a value that the head has too, or a
    count. If the metric is so coarse that trials may agree by chance, agreement says nothing. `values` and `head` are those of
    the same pairs, in the metric's units.
    """
    if min(len(values), len(head)) < FEWEST or PERFECT.issuperset(values) or not set(head).isdisjoint(values):
        return False
    drawn, known = ([noise.scale.place(value) for value in trials] for trials in (values, head))
    ties = _share_of_ties([*known, *noise.anchors.values()])
    counts = ties >= COUNTS and all(float(value).is_integer() for value in (*values, *head))
    if counts or ties ** (len(values) - 1) > BY_CHANCE or _spread(drawn) > AGREEING * _usual_spread(known):
        return False
    level = mean(known) if noise.level is None else noise.level
    return abs(mean(drawn) - level) <= REACHED * max(_spread(known), noise.sigma)


def _spread(values: Sequence[float]) -> float:
    return math.sqrt(sum_of_squares(values) / (len(values) - 1))


def _usual_spread(values: Sequence[float]) -> float:
    """The sd from the median deviation: one diverged trial of the head must not make a candidate's trials seem to agree."""
    from statistics import median

    centre = median(values)
    return _SD_OF_NORMAL * median(abs(value - centre) for value in values)


def _share_of_ties(values: Sequence[float]) -> float:
    """The share of equal pairs among all pairs of values; n draws of one law agree with at least this share to the n - 1."""
    count = len(values)
    return sum(times * (times - 1) for times in Counter(values).values()) / (count * (count - 1))
