"""What one session of a campaign may use: the program's budget, limited to what the user gave the session."""

from dataclasses import dataclass
from typing import TypeVar

from overnight.program.program import Budget
from overnight.research.ending import Ending, EndReason
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
    trials: int | None = None
    asked_experiments: int | None = None  # the user's limit for this session, if `experiments` comes from it
    asked_s: float | None = None  # the same for `elapsed_s`

    def spent(self, state: State, elapsed_s: float) -> Ending | None:
        """Which of time, trials, tokens and money is used up; None if none is."""
        if self.elapsed_s is not None and elapsed_s >= self.elapsed_s:
            return self.time_over()
        if self.trials is not None and state.tally.trials >= self.trials:
            return _budget(counted(self.trials, "trial"))
        if self.tokens is not None and state.tally.tokens >= self.tokens:
            return _budget(counted(self.tokens, "token"))
        if self.cost_usd is not None and state.tally.cost_usd >= self.cost_usd:
            return _budget(f"${self.cost_usd:.2f}")
        return None

    def time_over(self) -> Ending:
        """The end of a session whose clock has reached `elapsed_s`."""
        if self.asked_s is not None:
            return Ending(reason=EndReason.SESSION, detail=f"the {duration(self.asked_s)} of this session are over")
        return _budget(duration(self.elapsed_s or 0.0))

    def experiments_spent(self, state: State, asked: int) -> Ending | None:
        """The end, if one more proposal would be too many beside the open ones and the `asked` under way; else None."""
        if self.experiments is None or state.tally.experiments + len(state.open) + asked < self.experiments:
            return None
        if self.asked_experiments is not None:
            detail = f"{counted(self.asked_experiments, 'experiment')} in this session, as asked for"
            return Ending(reason=EndReason.SESSION, detail=detail)
        return _budget(counted(self.experiments, "experiment"))


@dataclass(frozen=True, slots=True, kw_only=True)
class SessionLimits:
    """The user's limits for one session, and where the campaign stood when it began."""

    experiments: int | None = None  # that may end in the session
    hours: float | None = None
    experiments_before: int = 0
    trials_before: int = 0
    search_before: int = 0  # of them: search trials
    elapsed_before_s: float = 0.0

    def within(self, budget: Budget) -> SessionAllowance:
        """What the session may use of a program's budget, which is for the whole campaign."""
        asked_s = None if self.hours is None else self.hours * SECONDS_PER_HOUR
        most, most_s = budget.experiments, None if budget.hours is None else budget.hours * SECONDS_PER_HOUR
        last = _least(most, None if self.experiments is None else self.experiments_before + self.experiments)
        last_s = _least(most_s, None if asked_s is None else self.elapsed_before_s + asked_s)
        return SessionAllowance(
            experiments=last,
            elapsed_s=last_s,
            tokens=budget.tokens,
            cost_usd=budget.cost_usd,
            trials=budget.trials,
            asked_experiments=None if last == most else self.experiments,
            asked_s=None if last_s == most_s else asked_s,
        )


def limits_from(state: State, *, experiments: int | None, hours: float | None) -> SessionLimits:
    """The limits of a session that begins where `state` stands."""
    return SessionLimits(
        experiments=experiments,
        hours=hours,
        experiments_before=state.tally.experiments,
        trials_before=state.tally.trials,
        search_before=state.tally.search,
        elapsed_before_s=state.elapsed_s,
    )


def _budget(amount: str) -> Ending:
    return Ending(reason=EndReason.BUDGET, detail=f"the budget of {amount} is spent")


def _least(a: N | None, b: N | None) -> N | None:
    return b if a is None else a if b is None else min(a, b)
