"""Which change to try next: bold single steps first, then the optimizer's suggestions, combinations and simplifications."""

import math
import random
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import combinations

from overnight.research.researchers.tuner.findings import Removal, Value
from overnight.research.researchers.tuner.optimizer import Optimizer, Space
from overnight.research.researchers.tuner.past import Attempt, Past, is_upward
from overnight.research.researchers.tuner.space import AxisScale, Dimension

FIRST_STEPS = 12  # own experiments before the optimizer is used
FEW = 3  # most constants that one proposal changes
NEAR_MISSES = 4  # the best ones, which are combined
NOTICEABLE = 0.04  # of a range: a smaller move by the optimizer is left out
TRIES = 12  # draws of one kind of move before the next kind
DRAWS = 100  # random ones, before everything in range counts as tried


@dataclass(frozen=True, slots=True, kw_only=True)
class Move:
    """New values for a few constants, or a statement to drop, and why this one."""

    values: Mapping[str, Value] = field(default_factory=dict)
    removal: Removal | None = None
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Situation:
    """The input to the choice of a move."""

    space: Space
    removals: Sequence[Removal]
    past: Past
    level: float  # score of the head
    busy: Collection[str]  # keys that pending proposals change
    random: random.Random
    optimizer: Optimizer

    def dimension(self, key: str) -> Dimension | None:
        """The dimension of a key, None if the head no longer has it."""
        return next((d for d in self.space if d.key == key), None)


def moves(situation: Situation) -> Iterator[Move]:
    """Moves to try, the best first, until there are no more; some may have been tried before.

    Moves that go to a value at which changing that constant alone crashed, or further, come last: if a large value did not
    fit, a larger one seldom does.
    """
    crashed = [attempt for attempt in situation.past.attempts if attempt.gain is None and len(attempt.before) == 1]
    last: list[Move] = []
    for move in _wishes(situation):
        if any(_goes_there(move, attempt) for attempt in crashed):
            last.append(move)
        else:
            yield move
    yield from last


def _goes_there(move: Move, crashed: Attempt) -> bool:
    ((key, before),) = crashed.before.items()
    wanted, bad = move.values.get(key), crashed.values[key]
    if wanted is None or wanted == bad:
        return wanted is not None
    return not isinstance(bad, str) and is_upward(bad, wanted) == is_upward(before, bad)


def _wishes(situation: Situation) -> Iterator[Move]:
    count = situation.past.count
    kinds = (_single_steps, _suggested, _combined, _around, _single_steps, _suggested, _simpler, _around)
    first = _single_steps if count < FIRST_STEPS else kinds[count % len(kinds)]
    yield from _further(situation)
    for kind in dict.fromkeys((first, _suggested, _around, _simpler, _combined, _single_steps, _anywhere)):
        yield from kind(situation)


def _further(situation: Situation) -> Iterator[Move]:
    """The newest kept step, repeated from where it led."""
    kept = next((attempt for attempt in reversed(situation.past.attempts) if attempt.kept), None)
    if kept is None:
        return
    values: dict[str, Value] = {}
    for key, before in kept.before.items():
        dimension = situation.dimension(key)
        if dimension and dimension.scale is not AxisScale.OPTIONS and dimension.constant.value == kept.values[key]:
            further = dimension.moved(dimension.position(kept.values[key]) - dimension.position(before))
            if further is not None:
                values[key] = further
    if values:
        yield Move(values=values, reason="further in the direction of the last kept change")


def _single_steps(situation: Situation) -> Iterator[Move]:
    """One bold step of one constant: each constant once, then the other way, starting where the first did most harm."""
    gains = situation.past.gains
    worst = {
        d.key: min((gains[d.key, up] for up in (True, False) if (d.key, up) in gains), default=-math.inf)
        for d in situation.space
    }
    # Sorting is stable: constants that were never moved keep the order of the space.
    for dimension in sorted(situation.space, key=lambda d: worst[d.key]):
        for value in _neighbours(dimension, situation.random):
            is_new = (dimension.key, is_upward(dimension.constant.value, value)) not in gains
            if is_new and dimension.key not in situation.busy:
                yield Move(values={dimension.key: value}, reason="one bold step")


def _neighbours(dimension: Dimension, rng: random.Random) -> list[Value]:
    if dimension.scale is AxisScale.OPTIONS:
        values = [option for option in dimension.options if option != dimension.constant.value]
    else:
        values = [value for by in (dimension.step, -dimension.step) if (value := dimension.moved(by)) is not None]
    rng.shuffle(values)
    return values


def _suggested(situation: Situation) -> Iterator[Move]:
    """The optimizer's suggestions, reduced to a few of the constants that it would move."""
    for _ in range(TRIES):
        seed = situation.random.getrandbits(31)
        values = situation.optimizer.suggest(situation.space, situation.past, situation.level, seed)
        moved = {d.key: values[d.key] for d in situation.space if _is_noticeable(d, values[d.key])}
        few = situation.random.sample(sorted(moved), min(situation.random.randint(1, FEW), len(moved)))
        if few:
            yield Move(values={key: moved[key] for key in few}, reason="suggested by what was measured so far")


def _is_noticeable(dimension: Dimension, value: Value) -> bool:
    own = dimension.constant.value
    distance = abs(dimension.position(value) - dimension.position(own))
    return value != own and distance >= NOTICEABLE * (dimension.high - dimension.low)


def _combined(situation: Situation) -> Iterator[Move]:
    """Combinations of changes that looked better alone but were not proven."""
    promising = [a for a in situation.past.attempts if not a.kept and a.gain and a.gain > 0 and _applies(a, situation)]
    promising.sort(key=lambda attempt: -(attempt.gain or 0))
    best = promising[:NEAR_MISSES]
    for size in (2, 3):
        for group in combinations(best, size):
            values = {key: attempt.values[key] for attempt in group for key in attempt.before}
            if len(values) == sum(len(attempt.before) for attempt in group) <= FEW + 1:
                yield Move(values=values, reason="near misses together")


def _applies(attempt: Attempt, situation: Situation) -> bool:
    """Whether the constants that an attempt changed still have their values from before it."""
    dimensions = {key: situation.dimension(key) for key in attempt.before}
    return all(d is not None and d.constant.value == attempt.before[key] for key, d in dimensions.items())


def _around(situation: Situation) -> Iterator[Move]:
    """A smaller step of one or a few constants in any direction."""
    rng = situation.random
    for _ in range(TRIES if situation.space else 0):
        chosen = rng.sample(situation.space, min(rng.choice((1, 1, 2, 3)), len(situation.space)))
        values = {d.key: value for d in chosen if (value := _nearby(d, rng)) is not None}
        if values:
            yield Move(values=values, reason="a local step")


def _nearby(dimension: Dimension, rng: random.Random) -> Value | None:
    if dimension.scale is AxisScale.OPTIONS:
        return rng.choice([option for option in dimension.options if option != dimension.constant.value])
    return dimension.moved(rng.choice((-1, 1)) * rng.uniform(0.3, 1.2) * dimension.step)


def _anywhere(situation: Situation) -> Iterator[Move]:
    """Any values of one or a few constants, when nothing better is left."""
    rng = situation.random
    for _ in range(DRAWS if situation.space else 0):
        chosen = rng.sample(situation.space, min(rng.randint(1, FEW), len(situation.space)))
        values = {d.key: d.at(rng.uniform(d.low, d.high)) for d in chosen}
        yield Move(values={d.key: values[d.key] for d in chosen if values[d.key] != d.constant.value}, reason="at random")


def _simpler(situation: Situation) -> Iterator[Move]:
    """A constant set to have no effect, or one statement fewer."""
    neutral = [
        Move(values={d.key: d.neutral}, reason="simpler if nothing is lost")
        for d in situation.space
        if d.neutral is not None and d.neutral != d.constant.value
    ]
    dropped = [Move(removal=removal, reason="simpler if nothing is lost") for removal in situation.removals]
    candidates = neutral + dropped
    situation.random.shuffle(candidates)
    yield from candidates
