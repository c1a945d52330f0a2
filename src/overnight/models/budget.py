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
    """What a call may use: its request, about, and with its answer at most; None: nobody knows how much."""

    tokens: int  # of the request, by rule of thumb
    most_tokens: int | None  # with the answer, never less than what is billed
    cost_usd: float
    most_usd: float | None


class BudgetSpent(Exception):  # noqa: N818  # a normal outcome
    """The budget is spent, or does not suffice for this call; says which, in one line.

    Attributes:
        wait_s: until it begins anew; None if it never does.
    """

    def __init__(self, why: str, *, wait_s: float | None = None) -> None:
        super().__init__(why)
        self.wait_s = wait_s


class SpendingBudget:
    """Shared by all runs.

    Calls that fit into what is left, each with the most that it may use, run side by side. Of those that may need more, or for
    which nobody knows how much, one at a time is under way, and only if what is left covers its request. So the budget is
    exceeded by what one call uses at most, however many run at once: whatever else was under way with it fits.
    """

    def __init__(self, allowance: SpendingLimit) -> None:
        self._limit = allowance
        self._tokens = 0  # spent
        self._cost_usd = 0.0
        self._reserved: set[Reservation] = set()
        self._waiters: dict[asyncio.Future[None], None] = {}  # in order, so that each gets its turn

    @property
    def limited(self) -> bool:
        """Whether anything is limited."""
        return self._limit.tokens is not None or self.limits_cost

    @property
    def limits_cost(self) -> bool:
        """Whether money is limited."""
        return self._limit.cost_usd is not None

    async def reserve(self, estimate: CostEstimate) -> "Reservation":
        """Wait until the call fits beside those under way.

        Raises:
            BudgetSpent: it will not.
        """
        while not (fits := self._fits(estimate.most_tokens, estimate.most_usd)):
            self._check(estimate)
            if not self._exceeding and self._fits(estimate.tokens, estimate.cost_usd):
                break  # it may exceed the budget, as the only one
            await self._change()
        reservation = Reservation(self, estimate, fits=fits)
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

    @property
    def _exceeding(self) -> bool:
        """Whether a call that may exceed the budget is under way."""
        return not all(held.fits for held in self._reserved)

    def _fits(self, tokens: int | None, cost_usd: float | None) -> bool:
        """Whether so much is left beside what is reserved; what nobody knows does not fit."""
        limit = self._limit
        held_tokens = self._tokens + sum(held.tokens for held in self._reserved)
        held_usd = self._cost_usd + sum(held.cost_usd for held in self._reserved)
        return (limit.tokens is None or (tokens is not None and held_tokens + tokens <= limit.tokens)) and (
            limit.cost_usd is None or (cost_usd is not None and held_usd + cost_usd <= limit.cost_usd)
        )

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
        self._waiters[waiter] = None
        try:
            await waiter
        finally:
            del self._waiters[waiter]


class Reservation:
    """What is held for one call until it is settled, once: the most that it may use, or of one that may exceed its request."""

    def __init__(self, budget: SpendingBudget, estimate: CostEstimate, *, fits: bool) -> None:
        self.fits = fits
        self.tokens = (fits and estimate.most_tokens) or estimate.tokens
        self.cost_usd = (fits and estimate.most_usd) or estimate.cost_usd
        self._budget: SpendingBudget | None = budget

    def settle(self, *, tokens: int, cost_usd: float) -> None:
        """The call used this; a second time, nothing happens."""
        if self._budget is not None:
            self._budget.settle(self, tokens=tokens, cost_usd=cost_usd)
            self._budget = None
