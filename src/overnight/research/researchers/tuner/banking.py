"""When to stop searching and put what was found to the proof: pure arithmetic on what each way is expected to bring.

The search is thought to halve what is left to find every so many trials. Each way is worth the gain that it has proven at the
end, and a little for having it early: a night may end before its budget does.
"""

import math
from collections.abc import Callable
from dataclasses import dataclass

EARLY = 0.05  # of a gain: what it is worth to have it for the whole time that is left
EARLIER = 0.5  # more, where far more trials are left than a plan looks ahead: the search goes on after the proof
AHEAD = 3  # times the trials so far: how far a plan looks at most
LEAST_AHEAD = 300  # trials
HALVING, HALVING_PER_CONSTANT, SLOWEST = 10, 4, 150  # trials in which a search halves what is left
SLACK = 1.15  # a proof may take longer than is expected
_SHARES = (0.25, 0.5, 0.75)  # of what is left after a proof, for another search
_DOUBLINGS = 7  # of a further search that is thought of


@dataclass(frozen=True, slots=True, kw_only=True)
class Prospect:
    """What a search has found, and what it may still find; gains in the metric's units, over the head."""

    gain: float  # expected of the best that was found
    error: float  # its sd
    potential: float  # how much better the best of the space may be
    constants: int  # that are searched
    spent: int  # search trials so far
    left: float  # trials that the session may still run


def worth_a_proof(prospect: Prospect, cost: Callable[[float], float]) -> bool:
    """Whether the best so far should be put to the proof now rather than after more trials of the search.

    `cost` says how many trials the proof of a gain takes; infinite: it cannot be proven.
    """
    now = SLACK * cost(prospect.gain - prospect.error)
    if math.isinf(now):
        return False
    if prospect.left <= now:
        return True  # the last chance
    horizon = min(prospect.left, max(AHEAD * prospect.spent, LEAST_AHEAD))
    if prospect.left > horizon and prospect.potential <= EARLY * prospect.gain:
        return True  # each trial moves the horizon on: a little more would be worth waiting for, again and again
    best = max(_worth(prospect, cost, 2**doubling, horizon) for doubling in range(2, _DOUBLINGS + 1))
    return _worth(prospect, cost, 0, horizon) >= best


def _worth(prospect: Prospect, cost: Callable[[float], float], more: float, horizon: float) -> float:
    """Of a proof after so many more trials of the search, and another one after it."""
    gain, potential = _after(prospect, prospect.potential, more)
    gain += prospect.gain
    used = more + SLACK * cost(gain - prospect.error)
    if used > horizon:
        return 0.0
    rest = horizon - used
    second = max(_second(prospect, cost, potential, share * rest, rest) for share in _SHARES)
    early = EARLY + EARLIER * (1.0 - horizon / prospect.left)
    return gain * (1.0 + early * rest / horizon) + second


def _second(prospect: Prospect, cost: Callable[[float], float], potential: float, more: float, rest: float) -> float:
    gain, _ = _after(prospect, potential, more)
    return gain if more + SLACK * cost(gain) <= rest else 0.0


def _after(prospect: Prospect, potential: float, more: float) -> tuple[float, float]:
    """What so many more trials find of the potential, and what they leave."""
    halving = min(HALVING + HALVING_PER_CONSTANT * prospect.constants, SLOWEST)
    left = potential * 0.5 ** (more / halving)
    return potential - left, left
