"""The loopback proxy that all model traffic goes through: metered, within the budget, with failover between providers."""

import asyncio
import os
import socket
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import AsyncExitStack, contextmanager
from dataclasses import replace
from types import TracebackType
from typing import Self

import anyio

from overnight.models.accounts import Accounts, AccountState
from overnight.models.breaker import RetryTimes
from overnight.models.budget import SpendingBudget, SpendingLimit
from overnight.models.connections import MOST_CONNECTIONS, Listener
from overnight.models.metadata_endpoints import MetadataEndpoints
from overnight.models.provider import Prices, Provider
from overnight.models.provider_news import ProviderNews
from overnight.models.provider_state import ProviderState
from overnight.models.relay import Relay
from overnight.models.run import GatewayRun, Supply
from overnight.models.server import Server
from overnight.models.spending.account import SpendingAccount
from overnight.models.spending.purse import Purse
from overnight.models.upstream import Upstream
from overnight.models.usage import CallRecord, Wire

LOOPBACK = "127.0.0.1"
# Connections at the gateway's own port, by all processes of this machine; a quarter of the files that a process may open by
# default, for beyond those no connection would be accepted any more, and none could be closed for another.
MOST_AT_OWN_PORT = 256


class Gateway:
    """Implements `Models`; open from `async with` to its end.

    Keys are read when they are first needed, and sent to their provider only.
    """

    def __init__(
        self,
        providers: Sequence[Provider],
        prices: Prices,
        *,
        allowance: SpendingLimit,
        account: SpendingAccount | None = None,
        called: Callable[[CallRecord], None],
        changed: Callable[[ProviderState], None] | None = None,
        doing: Callable[[str, int, str], None] | None = None,
        environment: Mapping[str, str] | None = None,
        pace: RetryTimes | None = None,
        learn: Callable[[Iterable[str]], None] | None = None,
        sent: Callable[[Provider, int], None] | None = None,
    ) -> None:
        """`allowance` is for this gateway alone, `account` is shared with other processes, open while the gateway is.

        `called` gets every settled call, `changed` what is worth telling of a provider's state, and `doing` the role, the
        number and what a piece of work waits for: a provider's answer, or until one can be asked; empty if for neither.

        `environment` holds keys and proxies, by default this process's; `learn` gets the secret headers, and each key that is
        read. `sent` gets the size of each request that goes to a provider, in place of the account."""
        self._sent = sent or (account.sent if account else None)
        self._providers = tuple(providers)
        self._prices = prices
        self._allowance = allowance
        self._account = account
        self._called = called
        self._changed = changed
        self._doing = doing
        self._environment = os.environ if environment is None else environment
        self._pace = pace or RetryTimes()
        self._learn = learn
        self._runs: dict[str, GatewayRun] = {}
        self._stack = AsyncExitStack()
        self._accounts: Accounts
        self._supply: Supply
        self._server: Server
        self._port = 0

    async def __aenter__(self) -> Self:
        self._accounts = Accounts(self._providers, self._environment, self._pace, self._learn)
        news = ProviderNews(self._accounts.all, self._changed or (lambda _: None))
        self._accounts.watch = news.look
        self._stack.callback(news.close)
        if (account := self._account) is not None:
            account.open()
            self._stack.callback(account.close)
        upstream = await self._stack.enter_async_context(Upstream(self._environment, self._pace.connect_s, self._sent))
        self._supply = Supply(
            accounts=self._accounts,
            relay=Relay(self._accounts, upstream, self._pace),
            purse=Purse(SpendingBudget(self._allowance), account),
            prices=self._prices,
            called=_all(self._called, news.called),
            doing=self._doing or (lambda *_: None),
        )
        self._server = Server(self._runs, MetadataEndpoints(self._accounts, upstream))
        listening = socket.create_server((LOOPBACK, 0), backlog=128)
        self._port = listening.getsockname()[1]
        self._server.listen(listening, Listener(MOST_AT_OWN_PORT))
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        with anyio.CancelScope(shield=True):
            for run in list(self._runs.values()):
                run.close()
            await self._server.close()
            await self._stack.aclose()
            await asyncio.sleep(0)  # for the transports, which close in the loop's next turn

    def limit(self, budget: SpendingLimit) -> None:
        """Give the account's job another budget from now on."""
        if self._account is not None:
            self._account.limit(budget)

    @contextmanager
    def use(self, *, role: str, number: int, model: str = "", purse: Purse | None = None) -> Iterator[GatewayRun]:
        """Models for one piece of work; at its end its URL is closed, and what was under way is settled.

        `purse`: what it is paid from, in place of the gateway's own, for work that has a budget of its own.
        """
        supply = self._supply if purse is None else replace(self._supply, purse=purse)
        run = GatewayRun(supply, role=role, number=number, model=model, port=self._port, listen=self._listen)
        self._runs[run.token] = run
        try:
            yield run
        finally:
            del self._runs[run.token]
            run.close()

    @property
    def wires(self) -> Sequence[Wire]:
        """What the providers speak, those of the first one first."""
        return self._accounts.wires

    def accounts(self) -> Sequence[AccountState]:
        """How each account stands, for people."""
        return self._accounts.states()

    def _listen(self, listening: socket.socket, run: GatewayRun) -> None:
        listener = Listener(MOST_CONNECTIONS, run)
        self._server.listen(listening, listener)
        run.at_end(lambda: self._server.stop_listening(listener))


def _all(*callbacks: Callable[[CallRecord], None]) -> Callable[[CallRecord], None]:
    def called(call: CallRecord) -> None:
        for callback in callbacks:
            callback(call)

    return called
