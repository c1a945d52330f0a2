"""Search trials of a simulated campaign, as `Assignment.search` offers them."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from overnight.research.experiment import Scalar
from overnight.research.researchers.port import SearchEnded, SearchTrial


@dataclass(frozen=True, slots=True, kw_only=True)
class SimulatedSearch:
    """The port `Search` for one assignment; trials run one after another."""

    base: str
    role: str
    cost: Callable[[float], float]  # trials of the proof of a gain
    sigma: float
    exact: bool
    head_values: Sequence[float]
    left: Callable[[], float]
    run: Callable[[Mapping[str, bytes], int], float | None]  # one trial of these files at a repeat's seed
    at_once: int = 1

    def proof_trials(self, gain: float) -> float:
        """How many trials the proof of such a gain would take."""
        return self.cost(gain)

    def trials_left(self) -> float:
        """Trials that the campaign may still run."""
        return self.left()

    async def measure(self, files: Mapping[str, bytes], notes: Mapping[str, Scalar], *, repeat: int = 0) -> SearchTrial:
        """Run the head with these files in place of its own.

        Raises:
            SearchEnded: the budget is spent.
        """
        if self.left() < 1:
            raise SearchEnded("the trials are used up")
        value = self.run(files, repeat)
        reason = "" if value is not None else "exit code 1"
        return SearchTrial(base=self.base, role=self.role, notes=notes, repeat=repeat, value=value, reason=reason, wall_s=1.0)
