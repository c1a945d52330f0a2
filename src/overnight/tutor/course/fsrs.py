"""When to ask again: the FSRS-5 model of memory, with the parameters that were fitted to many learners.

Source: J. Ye, "The Algorithm", wiki of open-spaced-repetition/fsrs4anki; parameters of `fsrs` 3.1 on PyPI.
"""

from dataclasses import dataclass
from enum import IntEnum
from math import exp

W = (
    *(0.4072, 1.1829, 3.1262, 15.4722, 7.2102, 0.5316, 1.0651, 0.0234, 1.616, 0.1544),
    *(1.0824, 1.9813, 0.0953, 0.2975, 2.2042, 0.2407, 2.9466, 0.5034, 0.6567),
)
DECAY = -0.5
FACTOR = 0.9 ** (1 / DECAY) - 1  # so that after `stability` days 90 % is remembered
RETENTION = 0.9  # the chance to remember at which it is asked again
DAY_S = 86_400.0
HARDEST, EASIEST = 10.0, 1.0
MOST_DAYS = 36_500.0


class Rating(IntEnum):
    """How well it was remembered."""

    AGAIN = 1
    HARD = 2
    GOOD = 3
    EASY = 4


@dataclass(frozen=True, slots=True, kw_only=True)
class Memory:
    """What is known of one memory."""

    stability: float  # days until the chance to remember falls to 90 %
    difficulty: float  # 1 to 10
    at: float  # Unix time of the newest review, s

    @property
    def due(self) -> float:
        """Unix time at which it is asked again, s."""
        days = float(self.stability / FACTOR * (RETENTION ** (1 / DECAY) - 1))
        return self.at + min(max(round(days), 1), MOST_DAYS) * DAY_S


def first(rating: Rating, at: float) -> Memory:
    """What is known after it was learnt."""
    return Memory(stability=W[rating - 1], difficulty=_first_difficulty(rating), at=at)


def reviewed(memory: Memory, rating: Rating, at: float) -> Memory:
    """What is known after a review."""
    s, d = memory.stability, memory.difficulty
    r = float((1 + FACTOR * max(at - memory.at, 0.0) / DAY_S / s) ** DECAY)
    if rating is Rating.AGAIN:
        stability = W[11] * d ** -W[12] * ((s + 1) ** W[13] - 1) * exp((1 - r) * W[14])
    else:
        gain = exp(W[8]) * (11 - d) * s ** -W[9] * (exp((1 - r) * W[10]) - 1)
        stability = s * (1 + gain * {Rating.HARD: W[15], Rating.EASY: W[16]}.get(rating, 1.0))
    difficulty = W[7] * _first_difficulty(Rating.EASY) + (1 - W[7]) * (d - W[6] * (rating - Rating.GOOD))
    return Memory(stability=stability, difficulty=_bounded(difficulty), at=at)


def _first_difficulty(rating: Rating) -> float:
    return _bounded(W[4] - exp(W[5] * (rating - 1)) + 1)


def _bounded(difficulty: float) -> float:
    return min(max(difficulty, EASIEST), HARDEST)
