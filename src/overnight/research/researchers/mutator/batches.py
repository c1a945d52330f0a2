"""All known rewrites of a head as one change first, and halves of it while it breaks something.

Small gains add up to one that is proven with few trials; what breaks is found in a few steps, not one by one.
"""

from collections import OrderedDict
from collections.abc import Container, Iterable

from overnight.gate.verdict import Verdict
from overnight.research.researchers.mutator.known import united
from overnight.research.researchers.mutator.landscape import Landscape
from overnight.research.researchers.mutator.mutation import Mutation
from overnight.research.researchers.mutator.rewrites.table import REWRITES
from overnight.research.researchers.mutator.source import parses

ALONE = frozenset({"cached"})  # whether it pays depends on the arguments that come, so it would spoil a batch
BATCH = "All known rewrites of the code that runs, as one change ({kinds}): small gains add up"


class Batches:
    """The batches of one head that are to be tried."""

    def __init__(self, listed: Iterable[Mutation]) -> None:
        """Begin with every kind of rewrite, each in all its places."""
        kinds: dict[str, Mutation] = {}
        for mutation in listed:  # of a kind, all its places come first
            if mutation.operator in REWRITES and mutation.operator not in ALONE:
                kinds.setdefault(mutation.operator, mutation)
        self._waiting = [tuple(sorted(kinds.values(), key=lambda each: -each.weight))]
        self._parts: OrderedDict[str, tuple[Mutation, ...]] = OrderedDict()

    def next(self, land: Landscape, tried: Container[str], broken: Container[str] = ()) -> Mutation | None:
        """The next batch that was not tried; None if there is none.

        Args:
            land: the head.
            tried: keys of changes that were proposed.
            broken: keys of those that broke something, also before a restart.
        """
        while self._waiting:
            parts = self._waiting.pop(0)
            batch = united(parts, land, BATCH)
            if batch is None or not parses(batch.edit(land.contents)):
                continue
            if batch.key in broken:
                self._halve(parts)
                continue
            self._parts[batch.key] = parts
            if batch.key not in tried:
                return batch
        return None

    def learn(self, key: str, verdict: Verdict) -> None:
        """Halve a batch that broke something."""
        parts = self._parts.pop(key, ())
        if verdict is Verdict.CRASH:
            self._halve(parts)

    def _halve(self, parts: tuple[Mutation, ...]) -> None:
        middle = len(parts) // 2
        self._waiting += [half for half in (parts[:middle], parts[middle:]) if len(half) > 1]
