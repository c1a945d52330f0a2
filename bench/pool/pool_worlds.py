"""A simulated pool: a thousand workers, what each of them sends, and what trials of it show. Less is better; sd 1 a trial."""

import math
from collections import deque
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from enum import StrEnum
from random import Random

import numpy as np
from numpy.typing import NDArray

from overnight.gate.trial import Arm, Stage

START = 50.0  # of the metric, in the middle of the bounds
GAINS = (0.5, 2.0)  # of what is real
NEUTRAL = 0.6  # share of all other ideas that do nothing; the rest harms
HARMS = (0.2, 4.0)
OWN_SPLIT = 0.3  # sd of the error that a worker's public measure has about an idea
OWN_PAIRS = 8  # by which an honest worker measures
LIKED = 2.0  # standard errors that it wants
TRIES = 50  # of which a lucky worker sends the best
KEPT_LUCK = 0.9  # of a fixed seed's luck in public, what it has on the hub's data; the rest is drawn anew
BATCH = 4096
REMEMBERED = 1000  # submissions that may be copied, also rejected ones, which a hub shows to nobody
COPIES_OF_BLOCKS = 0.5  # share of copies, once there are blocks
RARE_GAIN, RARE_LOSS, RARELY = 3.0, 200.0, 0.05
Floats = NDArray[np.float64]


class Habit(StrEnum):
    """What a worker sends."""

    HONEST = "honest"  # what its own public measure liked
    LUCKY = "lucky"  # the best of many single runs
    COPY = "copy"  # what was sent before, by whomever, in other words
    FIT = "fit"  # fits the public measure, and does harm elsewhere
    PINNED = "pinned"  # the luckiest seed, fixed
    RARE = "rare"  # gains mostly, and loses a lot in one trial of twenty


USUAL = (Habit.LUCKY, Habit.COPY, Habit.FIT, Habit.PINNED)


@dataclass(frozen=True, slots=True, kw_only=True)
class Setting:
    """A pool."""

    name: str
    workers: int = 1000
    cheats: float = 0.3  # share of the workers
    habits: tuple[Habit, ...] = USUAL  # of those, in equal parts
    real: float = 1 / 2000  # share of what is sent that is truly better
    split: float = 0.0  # sd of the error that each of the hub's own splits has about an idea
    common: float = 0.5  # correlation of head and candidate on the same seed
    jitter: float = 0.0  # sd of the noise that is added to a fixed seed's value


SETTINGS = (
    Setting(name="cheats and luck"),
    Setting(name="nothing real", real=0.0),
    Setting(name="split bias .3", split=0.3),
    Setting(name="fixed seeds with noise added", jitter=0.1),
    Setting(name="with rare losses", habits=(*USUAL, Habit.RARE)),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Sent:
    """What was sent, as it truly is on top of a head without it."""

    habit: Habit
    gain: float  # true, in the mean
    score: float  # the gain by the hub's measure
    sealed: float  # by its holdout
    fixed: bool = False  # every trial has the same value
    rare: bool = False  # `score` and `sealed` are those of most trials; the others lose
    idea: int = 0  # the same of copies; given when it is sent


@dataclass(slots=True)
class Population:
    """Workers with their habits, and what they send."""

    setting: Setting
    seed: int
    habits: list[Habit] = field(init=False)
    draw: Random = field(init=False)
    _array: np.random.Generator = field(init=False)
    _drawn: dict[Habit, Iterator[float]] = field(init=False)
    _ideas: int = 0
    seen: deque[Sent] = field(default_factory=lambda: deque(maxlen=REMEMBERED))  # judged, newest last
    accepted: list[Sent] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.draw, self._array = Random(self.seed), np.random.default_rng(self.seed)
        cheats = round(self.setting.workers * self.setting.cheats)
        rotation = [self.setting.habits[at % len(self.setting.habits)] for at in range(cheats)]
        self.habits = [*rotation, *[Habit.HONEST] * (self.setting.workers - cheats)]
        self._drawn = {Habit.HONEST: _endless(self._liked), Habit.LUCKY: _endless(self._lucky)}

    def send(self, worker: int) -> Sent:
        """The next submission of a worker."""
        habit = self.habits[worker]
        if habit is Habit.COPY and self.seen:
            block = self.accepted and self.draw.random() < COPIES_OF_BLOCKS
            return replace(self.draw.choice(self.accepted if block else self.seen), habit=habit)
        self._ideas += 1
        return replace(self._made(habit), idea=self._ideas)

    def _made(self, habit: Habit) -> Sent:
        draw = self.draw
        if habit is Habit.HONEST and draw.random() < self.setting.real / (1.0 - self.setting.cheats):
            return self._split(habit, draw.uniform(*GAINS))
        if habit is Habit.PINNED:
            luck = max(draw.gauss(0.0, 1.0) for _ in range(TRIES))
            score, sealed = (KEPT_LUCK * luck + math.sqrt(1.0 - KEPT_LUCK**2) * draw.gauss(0.0, 1.0) for _ in range(2))
            return Sent(habit=habit, gain=0.0, score=score, sealed=sealed, fixed=True)
        if habit is Habit.RARE:
            mean = (1.0 - RARELY) * RARE_GAIN - RARELY * RARE_LOSS
            return Sent(habit=habit, gain=mean, score=RARE_GAIN, sealed=RARE_GAIN, rare=True)
        if habit is Habit.FIT:
            return self._split(habit, -draw.uniform(0.0, 1.0))
        return self._split(habit, next(self._drawn[Habit.LUCKY if habit is Habit.COPY else habit]))

    def _split(self, habit: Habit, gain: float) -> Sent:
        split = self.setting.split
        score, sealed = (gain + split * self.draw.gauss(0.0, 1.0) if split else gain for _ in range(2))
        return Sent(habit=habit, gain=gain, score=score, sealed=sealed)

    def _plain(self, count: int) -> Floats:
        """True gains of ideas that are not better."""
        harm = self._array.uniform(*HARMS, count)
        return np.where(self._array.random(count) < NEUTRAL, 0.0, -harm)

    def _liked(self) -> Floats:
        gains, error = self._plain(BATCH), math.sqrt(2.0 / OWN_PAIRS)
        seen = gains + self._array.normal(0.0, math.hypot(OWN_SPLIT, error), BATCH)
        return gains[seen > LIKED * error]

    def _lucky(self) -> Floats:
        gains = self._plain(BATCH * TRIES).reshape(BATCH, TRIES)
        seen = gains + self._array.normal(0.0, math.hypot(OWN_SPLIT, math.sqrt(2.0)), gains.shape)
        best: Floats = gains[np.arange(BATCH), seen.argmax(axis=1)]
        return best


def _endless(batch: Callable[[], Floats]) -> Iterator[float]:
    while True:
        yield from batch().tolist()


@dataclass(slots=True)
class Laboratory:
    """The hub's head and what is judged on it; implements `Measured`."""

    setting: Setting
    draw: Random
    judged: Sent | None = None
    taken: set[int] = field(default_factory=set)  # ideas in the head
    score: float = START
    sealed: float = START
    rare: int = 0  # changes in the head that lose rarely
    _luck: dict[int, float] = field(default_factory=dict)  # of a seed, in the head

    @property
    def gain(self) -> float:
        """True, of what is judged on the head as it is now: nothing is left of what the head has already."""
        return 0.0 if self.judged is None or self.judged.idea in self.taken else self.judged.gain

    def keep(self) -> None:
        """Make what is judged the head."""
        sent = self.judged
        if sent is not None and sent.idea not in self.taken:
            self.taken.add(sent.idea)
            self.score -= sent.score
            self.sealed -= sent.sealed
            self.rare += sent.rare

    def value(self, stage: Stage, arm: Arm, seed: int) -> float:
        """One trial."""
        level, sent = self.sealed if stage is Stage.HOLDOUT else self.score, self.judged
        if arm is Arm.BASELINE or sent is None or sent.idea in self.taken:
            return self.trial(level, arm, seed, rare=self.rare)
        level -= sent.sealed if stage is Stage.HOLDOUT else sent.score
        return self.trial(level, arm, seed, rare=self.rare + sent.rare, fixed=sent.fixed)

    def trial(self, level: float, arm: Arm, seed: int, *, rare: int = 0, fixed: bool = False) -> float:
        """One trial of a tree at a level, with so many changes in it that lose rarely."""
        luck = self._luck.get(seed)
        if luck is None:
            luck = self._luck[seed] = self.draw.gauss(0.0, 1.0)
        if arm is Arm.CANDIDATE:
            common = self.setting.common
            own = self.draw.gauss(0.0, 1.0)
            luck = self.setting.jitter * own if fixed else common * luck + math.sqrt(1.0 - common**2) * own
        losses = sum(RARE_LOSS + RARE_GAIN for _ in range(rare) if self.draw.random() < RARELY)
        return level + luck + losses
