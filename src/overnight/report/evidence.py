"""The tests of a campaign: the error budget they spent, and what their pairs tell about the noise."""

import math
from collections.abc import Sequence

from overnight.core.error_budget import level_of
from overnight.core.noise import detectable_effect
from overnight.records.experiment import Conclusion
from overnight.report.spread import Moments
from overnight.report.story import ErrorBudget, Pair


class EvidenceTally:
    """Counts tests and their levels, and pools the spread of the pairs."""

    def __init__(self) -> None:
        self.tests = 0
        self._spent = 0.0
        self._squares = [0.0, 0.0, 0.0]  # of baseline, candidate and their difference, within experiments
        self._freedom = 0

    def register(self, level: float) -> None:
        """A test drew its level."""
        self.tests += 1
        self._spent += level

    def take(self, pairs: Sequence[Pair]) -> None:
        """Pool the pairs of one ended experiment."""
        arms = (Moments(), Moments(), Moments())
        for pair in pairs:
            if pair.baseline is not None and pair.candidate is not None:
                for moments, value in zip(arms, (pair.baseline, pair.candidate, pair.candidate - pair.baseline), strict=True):
                    moments.add(value)
        if arms[0].count > 1:
            self._freedom += arms[0].count - 1
            self._squares = [total + moments.squares for total, moments in zip(self._squares, arms, strict=True)]

    def correlation(self) -> float | None:
        """Of the two arms of a pair, None below ten degrees of freedom: too few to say."""
        baseline, candidate, difference = self._squares
        scale = math.sqrt(baseline * candidate)
        if self._freedom < 10 or scale == 0:  # noqa: PLR2004  # see the docstring
            return None
        return (baseline + candidate - difference) / (2 * scale)

    def smallest_effect(self, sigma: float, level: float, max_pairs: int) -> float | None:
        """The gain that `max_pairs` pairs at this level find; None for a deterministic metric, or where they find none.

        The arms count as independent until pairs tell better.
        """
        if sigma == 0:
            return None
        paired = math.sqrt(self._squares[2] / self._freedom) if self._freedom else sigma * math.sqrt(2)
        return detectable_effect(paired_sigma=paired, level=level, max_pairs=max_pairs)

    def budget(self, error_rate: float, kept: Sequence[Conclusion]) -> ErrorBudget:
        """What was spent, what the next test gets, and how the weakest keep fared."""
        proven = [one for one in kept if one.level is not None and one.log_e is not None]
        return ErrorBudget(
            error_rate=error_rate,
            tests=self.tests,
            spent=self._spent,
            next_level=level_of(error_rate, test=self.tests + 1, keeps=len(kept)),
            weakest=min(proven, key=_margin, default=None),
        )


def _margin(conclusion: Conclusion) -> float:
    return (conclusion.log_e or 0.0) + math.log(conclusion.level or 1.0)
