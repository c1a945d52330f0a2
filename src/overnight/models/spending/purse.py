"""What a gateway's calls are paid from: its own budget in this process, and the owner's account, that all processes share."""

from collections.abc import Callable
from dataclasses import dataclass

from overnight.models.budget import CostEstimate, Reservation, SpendingBudget
from overnight.models.spending.account import Held, SpendingAccount
from overnight.models.spending.charge import AskedCall, Charge


@dataclass(frozen=True, slots=True)
class Purse:
    """A budget and an account as one."""

    budget: SpendingBudget
    account: SpendingAccount | None = None

    @property
    def limited(self) -> bool:
        """Whether anything is limited."""
        return self.budget.limited or (self.account is not None and self.account.limited)

    @property
    def limits_cost(self) -> bool:
        """Whether money is limited."""
        return self.budget.limits_cost or (self.account is not None and self.account.limits_cost)

    async def reserve(
        self, asked: AskedCall, estimated: Callable[[], CostEstimate], waits: Callable[[], None] = lambda: None
    ) -> "Payment":
        """Wait until a call fits; without limits, at once and without an estimate, which takes a while if it is long.

        `waits` is called before each wait for other processes.

        Raises:
            BudgetSpent: it will not.
            AccountUnusable: there is a limit, and the account that would tell cannot be used.
        """
        if not self.limited:
            return Payment(None, self.account, None)
        estimate = estimated()
        reservation = await self.budget.reserve(estimate)
        held: Held | None = None
        try:
            if self.account is not None and self.account.limited:
                held = await self.account.reserve(asked, estimate, waits)
        except BaseException:
            reservation.settle(tokens=0, cost_usd=0.0)
            raise
        return Payment(reservation, self.account, held)


class Payment:
    """What is reserved for one call, if anything, until it is settled, once."""

    def __init__(self, reservation: Reservation | None, account: SpendingAccount | None, held: Held | None) -> None:
        self._reservation = reservation
        self._account = account
        self._held = held
        self._settled = False

    def settle(self, charge: Charge | None = None) -> None:
        """The call used this, or nothing; a second time, nothing happens."""
        if self._settled:
            return
        self._settled = True
        if self._reservation is not None:
            tokens, cost_usd = (charge.usage.tokens, charge.usage.cost_usd) if charge else (0, 0.0)
            self._reservation.settle(tokens=tokens, cost_usd=cost_usd)
        if self._account is not None:
            self._account.settle(self._held, charge)
