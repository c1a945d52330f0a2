"""Failover: one request, tried at the accounts in order until one answers."""

import asyncio
import math
import time
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime

from overnight.models.accounts import Account, AccountLease, Accounts
from overnight.models.breaker import RetryTimes
from overnight.models.failures import UNAUTHORIZED, ProviderFailure, ProviderFault, stream_error, understand
from overnight.models.keys import NoKey
from overnight.models.pictures import NO_PICTURES, PictureLoad
from overnight.models.port import ModelsParked
from overnight.models.upstream import Reply, Unreachable, Upstream
from overnight.models.usage import Wire
from overnight.models.wires.wire import Format
from overnight.words.secret import Secret

OK = 200  # HTTP's first status that is a success
MULTIPLE_CHOICES = 300  # and the first one after them
WAITS = 1  # of one request for a rate limit that ends soon
SOON_S = 1.0  # how often a request looks again while another is probing, at the least


@dataclass(frozen=True, slots=True, kw_only=True)
class ModelRequest:
    """A request of a run, parsed."""

    wire: Format
    body: Mapping[str, object]
    model: str  # asked for
    stream: bool
    most_output: int | None = None  # tokens of its answers; None: not known
    single: bool = True  # one answer is asked for, not several side by side
    pictures: PictureLoad = NO_PICTURES  # that its body has
    array: bool = False  # the stream is wanted as a JSON array, not as events
    waits: bool = True  # for a provider that can be asked again soon
    headers: Mapping[str, str] = field(default_factory=dict)  # that the wire needs, of the client's


@dataclass(frozen=True, slots=True, kw_only=True)
class ModelAnswer:
    """What a request came to: a provider's answer, or its error if the request itself is at fault."""

    account: Account
    model: str  # as the account calls it
    retries: int
    asked_at: float  # by the monotonic clock, as the next one
    first_byte_at: float
    reply: Reply | None  # None for a fault
    status: int
    fault: bytes = b""  # the body of an error, without keys


@dataclass(frozen=True, slots=True, kw_only=True)
class LostAnswer:
    """A good answer that broke off before its client saw any of it; another try followed."""

    account: Account
    seconds: float  # from the request to the break


class _AnswerLost(Unreachable):
    """A good answer broke off."""


class Relay:
    """Tries accounts, waits for them, and says when none is left."""

    def __init__(self, accounts: Accounts, upstream: Upstream, pace: RetryTimes) -> None:
        self._accounts = accounts
        self._upstream = upstream
        self._pace = pace

    def search(
        self,
        request: ModelRequest,
        among: Sequence[Account],
        doing: Callable[[str], None],
        lost: Callable[[LostAnswer], Awaitable[None]],
    ) -> "Search":
        """The way to an answer of the first of the accounts that gives one.

        `doing` is told what it waits for; `lost` pays an answer that came to nothing, and raises if no other try may follow.
        """
        return Search(self, request, list(among), doing, lost)

    async def send(self, turn: AccountLease, request: ModelRequest) -> Reply | ProviderFailure:
        """One try at one account; the account's state is brought up to date."""
        account = turn.account
        try:
            key = await account.keys.get()
            reply = await self._post(account, key, request)
            if reply.status == UNAUTHORIZED and account.keys.renewable:
                reply.close()
                key = await account.keys.renew(key)
                reply = await self._post(account, key, request)
            return await _judge(reply, account)
        except NoKey as error:
            return ProviderFailure(fault=ProviderFault.BROKEN, why=str(error))
        except Unreachable as error:
            return ProviderFailure(fault=ProviderFault.BUSY, why=str(error), billed=isinstance(error, _AnswerLost))

    async def _post(self, account: Account, key: Secret | None, request: ModelRequest) -> Reply:
        provider = account.provider
        sent = request.wire.build_request(request.body, model=provider.model_for(request.model), stream=request.stream)
        try:
            return await self._upstream.ask(provider, key, request.wire, sent, request.headers)
        except Unreachable as error:
            if not error.stale:
                raise
        return await self._upstream.ask(provider, key, request.wire, sent, request.headers)

    async def wait(self, among: Sequence[Account], held_s: float, wire: Wire) -> None:
        """Wait until one of the accounts may be asked, for a request on a wire that was held for so long by now.

        Raises:
            ModelsParked: that is too far away.
        """
        pace = self._pace
        wait_s = self.wait_s(among)
        if wait_s is None or wait_s > pace.near_s or held_s + wait_s > pace.patience_s:
            raise ModelsParked(f"no provider can be asked now: {self._accounts.why(among, wire)}", wait_s=wait_s)
        await self._accounts.change(wait_s or min(SOON_S, pace.patience_s))

    def wait_s(self, among: Sequence[Account]) -> float | None:
        """Seconds until one of the accounts may be asked; None if a person has to fix all of them."""
        return self._accounts.wait_s(among)

    def why(self, among: Sequence[Account], wire: Wire) -> str:
        """Why none of the accounts can be asked, in one line."""
        return self._accounts.why(among, wire)

    def take(self, among: Sequence[Account]) -> AccountLease | None:
        """A turn at the first account that may be asked now."""
        return self._accounts.take(among)

    def break_off(self, account: Account, why: str, among: Sequence[Account]) -> ModelsParked:
        """An answer of the account broke off when a part of it had gone on; why there is none if its client gives up then."""
        self._accounts.break_off(account, ProviderFailure(fault=ProviderFault.BUSY, why=why), among)
        return ModelsParked(f"{account.provider.name}: {why}", wait_s=self.wait_s(among) or SOON_S)

    def soon_s(self, account: Account, failure: ProviderFailure) -> float | None:
        """How long until a rate limit ends, if that is so soon that the same account is asked again; else None."""
        if failure.fault is not ProviderFault.RATE or failure.wait_s is None or failure.wait_s > self._pace.same_s:
            return None
        wait_s = self.wait_s([account]) or 0.0  # longer than it says if that was wrong before
        return wait_s if wait_s <= 2 * self._pace.same_s else None


class Search:
    """The way of one request along the accounts.

    Attributes:
        under_way: the account that works on the request now, and since when, by the monotonic clock.
    """

    def __init__(
        self,
        relay: Relay,
        request: ModelRequest,
        left: list[Account],
        doing: Callable[[str], None],
        lost: Callable[[LostAnswer], Awaitable[None]],
    ) -> None:
        self._relay = relay
        self._request = request
        self._left = left
        self._doing = doing
        self._lost = lost
        self._held_since: float | None = None
        self._tries = 0
        self._waits = 0
        self._missing: ModelAnswer | None = None
        self.under_way: tuple[Account, float] | None = None

    async def run(self) -> ModelAnswer:
        """An answer.

        Raises:
            ModelsParked: none of the accounts gives one, nor will soon; or one that was lost has spent the budget.
        """
        while self._left or self._missing is None:
            turn = self._relay.take(self._left)
            if turn is None:
                wire = self._request.wire.wire
                self._doing(f"waits until a provider can be asked: {self._relay.why(self._left, wire)}")
                await self._relay.wait(self._left, self._held_s() if self._request.waits else math.inf, wire)
                continue
            self._tries += 1
            asked_at = time.monotonic()
            self.under_way = turn.account, asked_at
            self._doing(f"asks {turn.account.provider.name}")
            try:
                outcome = await self._relay.send(turn, self._request)
                self.under_way = None
                if isinstance(outcome, Reply):
                    turn.succeed()
                    return self._answer(turn.account, asked_at, reply=outcome, status=outcome.status)
                if self._follow(turn, outcome):
                    return self._answer(turn.account, asked_at, status=outcome.status, fault=outcome.body)
            finally:
                turn.release()
            if outcome.billed:
                await self._lost(LostAnswer(account=turn.account, seconds=time.monotonic() - asked_at))
            soon_s = self._relay.soon_s(turn.account, outcome) if self._waits < WAITS else None
            if soon_s is not None:
                self._waits += 1
                await asyncio.sleep(soon_s)
        return self._missing

    def _follow(self, turn: AccountLease, failure: ProviderFailure) -> bool:
        """Draw the consequence; whether it is the request's fault."""
        if failure.fault is ProviderFault.REQUEST:
            turn.succeed()
            return True
        if failure.fault is ProviderFault.MISSING:
            turn.succeed()
            self._left.remove(turn.account)
            self._missing = self._missing or self._answer(turn.account, 0.0, status=failure.status, fault=failure.body)
        else:
            turn.fail(failure)
        return False

    def _answer(
        self, account: Account, asked_at: float, *, status: int, reply: Reply | None = None, fault: bytes = b""
    ) -> ModelAnswer:
        return ModelAnswer(
            account=account,
            model=account.provider.model_for(self._request.model),
            retries=self._tries - 1,
            asked_at=asked_at,
            first_byte_at=reply.first_at if reply else time.monotonic(),
            reply=reply,
            status=status,
            fault=fault,
        )

    def _held_s(self) -> float:
        """How long the request has been held by now."""
        now = time.monotonic()
        self._held_since = self._held_since or now
        return now - self._held_since


async def _judge(reply: Reply, account: Account) -> Reply | ProviderFailure:
    """The answer if it is a good one; else what its error means.

    Raises:
        Unreachable: it broke before the client saw any of it.
    """
    good = OK <= reply.status < MULTIPLE_CHOICES
    failed = stream_error(reply.first) if reply.streamed and good else None
    if good and failed is None:
        if not reply.streamed:
            try:
                await reply.fill()
            except Unreachable as error:
                raise _AnswerLost(str(error)) from None
        if not reply.first:
            reply.close()
            raise Unreachable("its answer was empty")
        return reply
    status, body = failed or (reply.status, await reply.body())
    reply.close()
    return understand(status, reply.headers, account.keys.scrub(body), datetime.now(UTC))
