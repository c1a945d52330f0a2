"""A piece of work whose calls are counted together."""

from collections.abc import Sequence
from dataclasses import dataclass, field

from overnight.models.budget import SpendingLimit
from overnight.models.spending.limits import Limit, Period, Unit


@dataclass(frozen=True, slots=True, kw_only=True)
class Job:
    """A piece of work with a budget of its own, such as a campaign."""

    system: str
    key: str  # the same whenever it goes on, and no other job's
    label: str  # for people, printable
    budget: SpendingLimit = field(default_factory=SpendingLimit)
    whose: str = ""  # the budget is, in messages: empty, or such as "the meta-campaign's "
    spent_tokens: int = 0  # as its own record says: what the account has is raised to it, never lowered
    spent_usd: float = 0.0

    def limits(self) -> Sequence[Limit]:
        """Its own budget."""
        amounts = ((Unit.TOKENS, self.budget.tokens), (Unit.USD, self.budget.cost_usd))
        return [
            Limit(period=Period.JOB, unit=unit, amount=amount, system=self.system, job=self.key)
            for unit, amount in amounts
            if amount is not None
        ]
