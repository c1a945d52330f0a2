"""The accounts in the user's order: which is asked next, and how long until one can be."""

import asyncio
import random
import time
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass

from overnight.models.breaker import Breaker, BreakerState, RetryTimes
from overnight.models.failures import ProviderFailure
from overnight.models.keys import Keys
from overnight.models.provider import Provider
from overnight.models.usage import Wire
from overnight.words.foreign import printable

OUT = {BreakerState.PARKED: 1, BreakerState.BROKEN: 2}  # for longer than a request waits
LONGEST_WHY = 400  # characters of the reason why no provider is available


class Account:
    """One provider of the user's list, with its key and its state."""

    def __init__(self, provider: Provider, keys: Keys, breaker: Breaker) -> None:
        self.provider = provider
        self.keys = keys
        self.breaker = breaker


@dataclass(frozen=True, slots=True, kw_only=True)
class AccountState:
    """How an account stands, for people."""

    name: str
    standing: BreakerState
    why: str  # the newest failure; empty if it is ready
    wait_s: float | None  # until it may be asked; None if a person has to fix it


class AccountLease:
    """One request's turn at an account; only the first outcome that is reported counts."""

    def __init__(self, accounts: "Accounts", account: Account, permission: int) -> None:
        self.account = account
        self._accounts = accounts
        self._permission = permission

    def succeed(self) -> None:
        """The account answered."""
        self.account.breaker.succeed(self._permission)
        self._accounts.notify()

    def fail(self, failure: ProviderFailure) -> None:
        """The account failed."""
        self.account.breaker.fail(self._permission, failure, time.monotonic())
        self._accounts.notify()

    def release(self) -> None:
        """The request says nothing about the account; after an outcome, nothing happens."""
        self.account.breaker.release(self._permission)
        self._accounts.notify()


class Accounts:
    """All accounts of a gateway."""

    def __init__(
        self,
        providers: Sequence[Provider],
        environment: Mapping[str, str],
        pace: RetryTimes,
        learn: Callable[[Iterable[str]], None] | None = None,
    ) -> None:
        self._accounts = tuple(
            Account(provider, Keys(provider, environment, learn), Breaker(pace, random.random)) for provider in providers
        )
        self._waiters: set[asyncio.Future[None]] = set()
        self.watch: Callable[[], None] = lambda: None  # called when something changed

    @property
    def all(self) -> Sequence[Account]:
        """All of them, in order."""
        return self._accounts

    def speaking(self, wire: Wire) -> Sequence[Account]:
        """Those that speak a wire, in order."""
        return [account for account in self._accounts if wire in account.provider.wires]

    @property
    def wires(self) -> Sequence[Wire]:
        """What they speak, the first one's first; last what only those speak that have no quota or are broken."""
        now = time.monotonic()
        able = sorted(self._accounts, key=lambda account: OUT.get(account.breaker.standing(now), 0))
        return list(dict.fromkeys(wire for account in able for wire in account.provider.wires))

    def states(self) -> Sequence[AccountState]:
        """How each stands now."""
        now = time.monotonic()
        return [
            AccountState(
                name=account.provider.name,
                standing=account.breaker.standing(now),
                why=account.breaker.why,
                wait_s=account.breaker.wait_s(now),
            )
            for account in self._accounts
        ]

    def take(self, among: Sequence[Account]) -> AccountLease | None:
        """A turn at the first that may be asked now."""
        now = time.monotonic()
        for account in among:
            permission = account.breaker.take(now)
            if permission is not None:
                return AccountLease(self, account, permission)
        return None

    def break_off(self, account: Account, failure: ProviderFailure, among: Sequence[Account]) -> None:
        """An answer of one of some accounts broke off after its turn; the others may be asked instead."""
        now = time.monotonic()
        alone = not any(each.breaker.wait_s(now) == 0.0 for each in among if each is not account)
        account.breaker.break_off(failure, now, alone=alone)
        self.notify()

    def wait_s(self, among: Sequence[Account]) -> float | None:
        """Seconds until one of them may be asked; None if a person has to fix all of them."""
        now = time.monotonic()
        waits = [account.breaker.wait_s(now) for account in among]
        return min((wait for wait in waits if wait is not None), default=None)

    def why(self, among: Collection[Account], wire: Wire) -> str:
        """Why none of them can be asked, in one line; names those that could be, if they spoke this wire."""
        reasons = [f"{account.provider.name}: {account.breaker.why or 'busy'}" for account in among]
        now = time.monotonic()
        others = [
            account.provider.name
            for account in self._accounts
            if wire not in account.provider.wires and account.breaker.wait_s(now) == 0.0
        ]
        also = [f"{' and '.join(others)} could be asked, but not in {wire}"] if others else []
        return printable("; ".join([*reasons, *also]), LONGEST_WHY)

    def notify(self) -> None:
        """Something changed: wake all that wait."""
        self.watch()
        for waiter in self._waiters:
            if not waiter.done():
                waiter.set_result(None)

    async def change(self, timeout_s: float) -> None:
        """Wait until something changes, or for so long."""
        waiter = asyncio.get_running_loop().create_future()
        self._waiters.add(waiter)
        try:
            await asyncio.wait([waiter], timeout=timeout_s)
        finally:
            self._waiters.discard(waiter)
