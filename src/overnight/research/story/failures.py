"""What was not kept, grouped so that a night's worth of it is readable."""

import heapq
import re
from dataclasses import dataclass, field

from overnight.gate.verdict import Verdict
from overnight.research.story.ranges import Ranges
from overnight.research.story.story import Example, FailureGroup, Miss

GROUPS = 40  # distinct reasons that have a group; the rest of a verdict is one group
EXAMPLES = 5  # per group, the latest
NEAR_MISSES = 5
OTHERS = "other reasons"

_COUNTED = re.compile(r"… (trial|pair|experiment)s?\b")


@dataclass(slots=True)
class _Group:
    ranges: Ranges | None  # None: reasons of many kinds
    count: int = 0
    examples: list[Example] = field(default_factory=list)


class FailureTally:
    """Counts failures by verdict and reason, in bounded memory."""

    def __init__(self) -> None:
        self._groups: dict[tuple[Verdict, str], _Group] = {}
        self._near: list[tuple[float, int, Example]] = []
        self._misses: dict[tuple[str, str], int] = {}

    def add(self, verdict: Verdict, example: Example, *, near: bool = False) -> None:
        """Add a failed experiment; `near` if it is a near miss."""
        ranges = Ranges(example.reason)
        key = (verdict, _COUNTED.sub(r"… \1s", ranges.pattern))
        if key not in self._groups and len(self._groups) >= GROUPS:
            key = (verdict, OTHERS)
        group = self._groups.setdefault(key, _Group(None if key[1] == OTHERS else ranges))
        group.count += 1
        if group.ranges:
            group.ranges.widen(example.reason)
        group.examples = [*group.examples[-EXAMPLES + 1 :], example]
        if near:
            self._consider(example)

    def miss(self, role: str, reason: str) -> None:
        """A role made no proposal."""
        key = (role, reason if len(self._misses) < GROUPS else OTHERS)
        self._misses[key] = self._misses.get(key, 0) + 1

    def failures(self) -> tuple[FailureGroup, ...]:
        """The groups, most frequent first."""
        groups = (
            FailureGroup(
                verdict=verdict,
                reason=str(group.ranges or OTHERS),
                count=group.count,
                examples=tuple(group.examples),
            )
            for (verdict, _), group in self._groups.items()
        )
        return tuple(sorted(groups, key=lambda failure: -failure.count))

    def near_misses(self) -> tuple[Example, ...]:
        """The near misses with the largest gain, best first."""
        return tuple(example for _, _, example in sorted(self._near, reverse=True))

    def misses(self) -> tuple[Miss, ...]:
        """The missed proposals, most frequent first."""
        misses = (Miss(role=role, reason=reason, count=count) for (role, reason), count in self._misses.items())
        return tuple(sorted(misses, key=lambda miss: -miss.count))

    def _consider(self, example: Example) -> None:
        heapq.heappush(self._near, (example.gain or 0.0, -example.number, example))
        if len(self._near) > NEAR_MISSES:
            heapq.heappop(self._near)
