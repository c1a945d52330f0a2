"""What a campaign of a search may use: what is left of tokens and money, and for how many trials it plans. Pure.

A campaign with a whole night before it searches for long before it puts anything to the proof: a worker with few minutes sends
nothing, and a block of somebody else ends the search before it found anything. So a campaign plans for few trials at first, and
for twice as many whenever they are spent: soon something is sent, and a long search loses little.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from overnight.research.ending import EndReason
from overnight.research.state import State

FIRST_TRIALS = 64  # about 8 for the baseline, as many as 30 to search, and 25 for a proof


@dataclass(slots=True, kw_only=True)
class Spending:
    """What one search may use over all of its campaigns; each counts what it used in earlier searches too."""

    tokens: int | None
    cost_usd: float | None
    state: Callable[[str], State | None]  # of the campaign of a tag
    _before: dict[str, tuple[int, float]] = field(default_factory=dict, init=False)  # tokens and USD of each tag, before us

    def budget(self, tag: str) -> Mapping[str, float]:
        """For a campaign that is about to go on."""
        used = {each: self._used(each) for each in {*self._before, tag}}
        self._before.setdefault(tag, used[tag])
        now = [sum(used[each][at] - self._before[each][at] for each in self._before) for at in (0, 1)]
        state = self.state(tag)
        budget: dict[str, float] = {"trials": planned_trials(state.tally.trials if state else 0)}
        if self.tokens is not None:
            budget["tokens"] = used[tag][0] + max(0, int(self.tokens - now[0]))
        if self.cost_usd is not None:
            budget["cost_usd"] = used[tag][1] + max(0.0, self.cost_usd - now[1])
        return budget

    def _used(self, tag: str) -> tuple[int, float]:
        state = self.state(tag)
        return (state.tally.tokens, state.tally.cost_usd) if state else (0, 0.0)


def planned_trials(used: int) -> int:
    """How many trials a campaign that has used so many should plan for, those included: some are always left."""
    planned = FIRST_TRIALS
    while planned - used < FIRST_TRIALS // 2:
        planned *= 2
    return planned


def spent_its_plan(state: State) -> bool:
    """Whether a campaign ended because it ran as many trials as it planned for."""
    reason = state.stopped.ending.reason if state.stopped else None
    return reason is EndReason.BUDGET and state.budget.trials is not None and state.tally.trials >= state.budget.trials
