"""A search for suites: it runs nothing, and gives each text a value of its own."""

import hashlib
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from anyio.lowlevel import checkpoint

from overnight.research.experiment import Scalar
from overnight.research.researchers.port import SearchEnded, SearchTrial


@dataclass(slots=True, kw_only=True)
class CountedSearch:
    """The port `Search`, with so many trials; afterwards, or if it is `stale` from the start, it has ended."""

    most: int
    head: str
    stale: bool = False
    at_once: int = 2
    sigma: float = 0.01
    exact: bool = False
    head_values: Sequence[float] = (1.0, 1.01, 0.99)
    asked: list[Mapping[str, bytes]] = field(default_factory=list)

    def proof_trials(self, gain: float) -> float:
        """Ten, if there is a gain."""
        return 10.0 if gain > 0.0 else math.inf

    def trials_left(self) -> float:
        """How many are left."""
        return max(0, self.most - len(self.asked))

    async def measure(self, files: Mapping[str, bytes], notes: Mapping[str, Scalar], *, repeat: int = 0) -> SearchTrial:
        """A value between 0 and 1 that follows from the files."""
        await checkpoint()
        if self.stale or not self.trials_left():
            raise SearchEnded("the search is over")
        self.asked.append(dict(files))
        text = b"".join(path.encode() + content for path, content in sorted(files.items()))
        value = int.from_bytes(hashlib.sha256(text).digest()[:4], "big") / 2**32
        return SearchTrial(base=self.head, role="r", notes=dict(notes), repeat=repeat, value=value)
