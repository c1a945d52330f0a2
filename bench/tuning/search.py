"""Search trials of a simulated campaign, as `Assignment.search` offers them."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from overnight.research.experiment import Scalar
from overnight.research.researchers import port


@dataclass(frozen=True, slots=True, kw_only=True)
class SearchTrial:
    """A finished trial of a search, as a researcher knows it."""

    base: str  # commit of the head that its files replace files of
    role: str
    notes: Mapping[str, Scalar]
    repeat: int  # trials of one repeat share a seed
    value: float | None  # of the metric; None: `reason` says why
    reason: str = ""
    wall_s: float = 0.0


class _Ended(Exception):  # noqa: N818  # a normal outcome
    """Nothing more is measured for this assignment."""


SearchEnded: type[Exception] = getattr(port, "SearchEnded", _Ended)  # the package's own, as a researcher may catch it


@dataclass(frozen=True, slots=True, kw_only=True)
class Search:
    """The search of one assignment; trials run one after another."""

    base: str
    role: str
    proof_trials: int
    sigma: float
    exact: bool
    head_values: Sequence[float]
    left: Callable[[], float]
    run: Callable[[Mapping[str, bytes], int], float | None]  # one trial of these files at a repeat's seed
    at_once: int = 1

    def trials_left(self) -> float:
        """Trials that the campaign may still run."""
        return self.left()

    async def measure(self, files: Mapping[str, bytes], notes: Mapping[str, Scalar], *, repeat: int = 0) -> SearchTrial:
        """Run the head with these files in place of its own.

        Raises:
            SearchEnded: the budget is spent.
        """
        if self.left() < 1:
            raise SearchEnded
        value = self.run(files, repeat)
        reason = "" if value is not None else "exit code 1"
        return SearchTrial(base=self.base, role=self.role, notes=notes, repeat=repeat, value=value, reason=reason, wall_s=1.0)
