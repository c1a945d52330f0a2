"""Changes that need no search: one bold step of a constant, a constant without effect, one statement fewer."""

import random
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from overnight.research.researchers.tuner.findings import Removal, Value
from overnight.research.researchers.tuner.space import AxisScale, Dimension, Space

FEW = 3  # most constants that a random move changes
DRAWS = 100  # random ones, before everything in range counts as tried


@dataclass(frozen=True, slots=True, kw_only=True)
class Move:
    """New values for a few constants, or a statement to drop, and why this one."""

    values: Mapping[str, Value] = field(default_factory=dict)
    removal: Removal | None = None
    reason: str


def steps(space: Space, rng: random.Random) -> Iterator[Move]:
    """One bold step of each constant, in the order of the space, then random ones; some may have been tried before."""
    for dimension in space:
        for value in _neighbours(dimension, rng):
            yield Move(values={dimension.key: value}, reason="one bold step")
    for _ in range(DRAWS if space else 0):
        chosen = rng.sample(space, min(rng.randint(1, FEW), len(space)))
        values = {d.key: d.at(rng.uniform(d.low, d.high)) for d in chosen}
        yield Move(values={d.key: values[d.key] for d in chosen if values[d.key] != d.constant.value}, reason="at random")


def simplifications(space: Space, removals: Sequence[Removal], rng: random.Random) -> Iterator[Move]:
    """Each constant set to have no effect, and each statement that can be dropped, in random order."""
    reason = "simpler if nothing is lost"
    neutral = [
        Move(values={d.key: d.neutral}, reason=reason) for d in space if d.neutral is not None and d.neutral != d.constant.value
    ]
    candidates = neutral + [Move(removal=removal, reason=reason) for removal in removals]
    rng.shuffle(candidates)
    yield from candidates


def _neighbours(dimension: Dimension, rng: random.Random) -> list[Value]:
    if dimension.scale is AxisScale.OPTIONS:
        values = [option for option in dimension.options if option != dimension.constant.value]
    else:
        values = [value for by in (dimension.step, -dimension.step) if (value := dimension.moved(by)) is not None]
    rng.shuffle(values)
    return values
