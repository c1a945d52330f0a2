"""What is left of a campaign's budget, and whether it is spent."""

from dataclasses import dataclass
from typing import TypeVar

from overnight.program.program import Budget
from overnight.research.state import State
from overnight.words.quantities import counted, duration

SECONDS_PER_HOUR = 3600.0
N = TypeVar("N", int, float)


@dataclass(frozen=True, slots=True, kw_only=True)
class SessionAllowance:
    """What one session may still use; None is no limit."""

    experiments: int | None = None  # highest tally of ended experiments
    elapsed_s: float | None = None  # highest campaign clock
    tokens: int | None = None
    cost_usd: float | None = None
    asked_experiments: int | None = None  # of this session by the user, where `experiments` comes from that
    asked_s: float | None = None  # the same of `elapsed_s`

    def spent(self, state: State, elapsed_s: float) -> str:
        """Which of time, tokens and money is used up, in words for people; empty if none is."""
        if self.elapsed_s is not None and elapsed_s >= self.elapsed_s:
            return self.time_over()
        if self.tokens is not None and state.tally.tokens >= self.tokens:
            return f"the budget of {counted(self.tokens, 'token')} is spent"
        if self.cost_usd is not None and state.tally.cost_usd >= self.cost_usd:
            return f"the budget of ${self.cost_usd:.2f} is spent"
        return ""

    def time_over(self) -> str:
        """What to say when the clock has reached `elapsed_s`."""
        if self.asked_s is not None:
            return f"the {duration(self.asked_s)} of this session are over"
        return f"the budget of {duration(self.elapsed_s or 0.0)} is spent"

    def experiments_spent(self, state: State, asked: int) -> str:
        """Whether one more proposal would be too many, beside the open ones and the `asked` that are in the making."""
        if self.experiments is None or state.tally.experiments + len(state.open) + asked < self.experiments:
            return ""
        if self.asked_experiments is not None:
            return f"{counted(self.asked_experiments, 'experiment')} in this session, as asked for"
        return f"the budget of {counted(self.experiments, 'experiment')} is spent"


def allow(budget: Budget, state: State, *, experiments: int | None, hours: float | None) -> SessionAllowance:
    """The program's budget for the whole campaign, cut to `experiments` and `hours` more from where `state` stands."""
    asked_s = None if hours is None else hours * SECONDS_PER_HOUR
    most, most_s = budget.experiments, None if budget.hours is None else budget.hours * SECONDS_PER_HOUR
    last = _least(most, None if experiments is None else state.tally.experiments + experiments)
    last_s = _least(most_s, None if asked_s is None else state.elapsed_s + asked_s)
    return SessionAllowance(
        experiments=last,
        elapsed_s=last_s,
        tokens=budget.tokens,
        cost_usd=budget.cost_usd,
        asked_experiments=None if last == most else experiments,
        asked_s=None if last_s == most_s else asked_s,
    )


def _least(a: N | None, b: N | None) -> N | None:
    return b if a is None else a if b is None else min(a, b)
