"""What is left of a campaign's budget, and whether it is spent."""

from dataclasses import dataclass
from typing import TypeVar

from overnight.core.state import State
from overnight.records.program import Budget

SECONDS_PER_HOUR = 3600.0
N = TypeVar("N", int, float)


@dataclass(frozen=True, slots=True, kw_only=True)
class Allowance:
    """What one session may still use; None is no limit."""

    experiments: int | None = None  # highest tally of ended experiments
    elapsed_s: float | None = None  # highest campaign clock
    tokens: int | None = None
    cost_usd: float | None = None

    def spent(self, state: State, elapsed_s: float) -> str:
        """Which of time, tokens and money is used up, in words for people; empty if none is."""
        if self.elapsed_s is not None and elapsed_s >= self.elapsed_s:
            return f"the budget of {self.elapsed_s / SECONDS_PER_HOUR:.3g} hours is spent"
        if self.tokens is not None and state.tally.tokens >= self.tokens:
            return f"the budget of {self.tokens} tokens is spent"
        if self.cost_usd is not None and state.tally.cost_usd >= self.cost_usd:
            return f"the budget of ${self.cost_usd:.2f} is spent"
        return ""

    def experiments_spent(self, state: State, asked: int) -> str:
        """Whether one more proposal would be too many, beside the open ones and the `asked` that are in the making."""
        if self.experiments is not None and state.tally.experiments + len(state.open) + asked >= self.experiments:
            return f"the budget of {self.experiments} experiments is spent"
        return ""


def allow(budget: Budget, state: State, *, experiments: int | None, hours: float | None) -> Allowance:
    """The program's budget for the whole campaign, cut to `experiments` and `hours` more from where `state` stands."""
    done, elapsed = state.tally.experiments, state.elapsed_s
    hours_s = None if budget.hours is None else budget.hours * SECONDS_PER_HOUR
    return Allowance(
        experiments=_least(budget.experiments, None if experiments is None else done + experiments),
        elapsed_s=_least(hours_s, None if hours is None else elapsed + hours * SECONDS_PER_HOUR),
        tokens=budget.tokens,
        cost_usd=budget.cost_usd,
    )


def _least(a: N | None, b: N | None) -> N | None:
    return b if a is None else a if b is None else min(a, b)
