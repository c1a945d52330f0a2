"""What may still be spent: reserved before each call, settled after it."""

import asyncio
from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class SpendingLimit:
    """What may still be spent; None is no limit."""

    tokens: int | None = None
    cost_usd: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class CostEstimate:
    """What a call may use: its request for sure, and its answer at most."""

    tokens: int  # of the request
    most_tokens: int  # with the answer
    cost_usd: float  # of the request
    most_usd: float  # with the answer


class BudgetSpent(Exception):  # noqa: N818  # a normal outcome
    """The budget is spent, or does not suffice for this call; says which, in one line."""


class SpendingBudget:
    """Shared by all runs.

    A call that may need more than is left goes out alone, when nothing else is under way, and only if what is left covers
    its request. So the budget is exceeded by one answer at most, however many calls run at once.
    """

    def __init__(self, allowance: SpendingLimit) -> None:
        self._limit = allowance
        self._tokens = 0  # spent
        self._cost_usd = 0.0
        self._reserved: set[Reservation] = set()
        self._waiters: set[asyncio.Future[None]] = set()

    @property
    def limits_cost(self) -> bool:
        """Whether money is limited."""
        return self._limit.cost_usd is not None

    async def reserve(self, estimate: CostEstimate) -> "Reservation":
        """Wait until the call fits beside those under way.

        Raises:
            BudgetSpent: it will not.
        """
        while not self._fits(estimate):
            self._check(estimate)
            if not self._reserved:
                break  # alone, with what is left
            await self._change()
        reservation = Reservation(self, estimate)
        self._reserved.add(reservation)
        return reservation

    def settle(self, reservation: "Reservation", *, tokens: int, cost_usd: float) -> None:
        """The call used this and is over."""
        self._reserved.discard(reservation)
        self._tokens += tokens
        self._cost_usd += cost_usd
        for waiter in self._waiters:
            if not waiter.done():
                waiter.set_result(None)

    def _fits(self, estimate: CostEstimate) -> bool:
        tokens = self._tokens + sum(held.estimate.most_tokens for held in self._reserved) + estimate.most_tokens
        cost_usd = self._cost_usd + sum(held.estimate.most_usd for held in self._reserved) + estimate.most_usd
        limit = self._limit
        return (limit.tokens is None or tokens <= limit.tokens) and (limit.cost_usd is None or cost_usd <= limit.cost_usd)

    def _check(self, estimate: CostEstimate) -> None:
        """Refuse if what is left does not cover the request itself."""
        limit = self._limit
        if limit.tokens is not None and self._tokens + estimate.tokens >= limit.tokens:
            left = max(0, limit.tokens - self._tokens)
            asked = f"the request alone is about {estimate.tokens}"
            raise BudgetSpent(f"the budget of tokens is spent: {left} are left, and {asked}")
        if limit.cost_usd is not None and self._cost_usd + estimate.cost_usd >= limit.cost_usd:
            left_usd = max(0.0, limit.cost_usd - self._cost_usd)
            asked = f"the request alone is about ${estimate.cost_usd:.4f}"
            raise BudgetSpent(f"the budget of money is spent: ${left_usd:.4f} are left, and {asked}")

    async def _change(self) -> None:
        waiter = asyncio.get_running_loop().create_future()
        self._waiters.add(waiter)
        try:
            await waiter
        finally:
            self._waiters.discard(waiter)


class Reservation:
    """What is held for one call until it is settled, once."""

    def __init__(self, budget: SpendingBudget, estimate: CostEstimate) -> None:
        self.estimate = estimate
        self._budget: SpendingBudget | None = budget

    def settle(self, *, tokens: int, cost_usd: float) -> None:
        """The call used this; a second time, nothing happens."""
        if self._budget is not None:
            self._budget.settle(self, tokens=tokens, cost_usd=cost_usd)
            self._budget = None
