"""The part in which two texts differ, and whether the smallest difference in it can be found in a bounded time."""

from collections import Counter
from collections.abc import Hashable, Sequence
from dataclasses import dataclass
from itertools import takewhile
from typing import Generic, TypeVar

MOST_PAIRS = 20_000  # of equal lines between the parts that differ: the time to compare them grows with these, and worse

Line = TypeVar("Line", bound=Hashable)


@dataclass(frozen=True, slots=True, kw_only=True)
class Differing(Generic[Line]):
    """What is left of two texts without the lines that are equal at their beginnings and ends."""

    before: int  # equal lines
    after: int  # equal lines
    old: Sequence[Line]
    new: Sequence[Line]

    @property
    def repeats_itself(self) -> bool:
        """Whether so many of the lines are equal that the smallest difference takes too long to find."""
        often = Counter(self.new)
        return sum(often[line] for line in self.old) > MOST_PAIRS


def differing(old: Sequence[Line], new: Sequence[Line]) -> Differing[Line]:
    """The part in which two texts differ."""
    before = _equal(old, new)
    after = min(_equal(old[::-1], new[::-1]), len(old) - before, len(new) - before)
    return Differing(before=before, after=after, old=old[before : len(old) - after], new=new[before : len(new) - after])


def _equal(one: Sequence[Line], other: Sequence[Line]) -> int:
    """With how many equal lines two texts begin."""
    return sum(1 for _ in takewhile(lambda pair: pair[0] == pair[1], zip(one, other, strict=False)))
