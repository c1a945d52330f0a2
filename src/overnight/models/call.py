"""One call of a run: reserved, sent, metered and settled."""

import math
import time
from collections.abc import AsyncIterator, Callable, Sequence
from dataclasses import dataclass, replace

from overnight.models.accounts import Account
from overnight.models.budget import BudgetSpent, CostEstimate
from overnight.models.estimate import estimate, least_request_tokens, request_tokens, with_limit
from overnight.models.failures import BAD_REQUEST, UNPROCESSABLE
from overnight.models.port import ModelsParked
from overnight.models.provider import FREE, Price, Prices
from overnight.models.relay import LostAnswer, ModelAnswer, ModelRequest, Relay, Search
from overnight.models.spending.book import AccountUnusable
from overnight.models.spending.charge import AskedCall, Charge
from overnight.models.spending.purse import Payment, Purse
from overnight.models.stream import Expected, Shape, StreamMeter, TooLong
from overnight.models.upstream import Unreachable
from overnight.models.usage import Usage
from overnight.models.wires.wire import Counts
from overnight.words.quantities import listed
from overnight.words.scrub import StreamScrubber

WAITS = "waits for another call to end: of a limit, what is left may not do for both"
MOST_NAMED = 3  # providers that may answer a call, in the account
TOKENS_PER_S = 100.0  # faster than most models write: the guess for an answer that its client did not wait for


@dataclass(frozen=True, slots=True, kw_only=True)
class SettledCall:
    """A settled call."""

    provider: str
    model: str
    usage: Usage
    answer_s: float  # from the request to this provider to the end of its answer


class Broken(Exception):  # noqa: N818  # the client gets it as we did: a connection that breaks
    """The answer broke off after a part of it had gone on to the client."""


class ModelCall:
    """A request on its way; `settle` ends it, however it went."""

    def __init__(
        self,
        request: ModelRequest,
        size: int,
        *,
        role: str,
        relay: Relay,
        purse: Purse,
        prices: Prices,
        counted: Callable[[SettledCall], None],
        doing: Callable[[str], None],
    ) -> None:
        """`size` is the request's, in bytes."""
        self._request = request
        self._size = size
        self._role = role
        self._relay = relay
        self._purse = purse
        self._prices = prices
        self._counted = counted
        self._doing = doing
        self._payment: Payment | None = None
        self._search: Search | None = None
        self._answer: ModelAnswer | None = None
        self._payable: Sequence[Account] = ()
        self._meter: StreamMeter | None = None
        self._started = time.monotonic()
        self.broken: ModelsParked | None = None  # its answer is, and why
        self.over = False  # whether the piece of the answer that was given last is known to be the last one

    async def ask(self, accounts: Sequence[Account]) -> ModelAnswer:
        """Reserve, and get an answer whose first bytes are there.

        Raises:
            ModelsParked: no provider answers, or the budget is spent.
        """
        payable = [account for account in accounts if self._price(account) is not None or not self._purse.limits_cost]
        if not payable:
            raise ModelsParked(self._why_unpayable(accounts))
        self._payable = payable
        plain = self._request
        if self._purse.limited:
            self._request = with_limit(plain)
        answer = await self._search_among(payable)
        if self._request is not plain and _is_refused(answer, self._request):
            self._request = plain
            answer = await self._search_among(payable)
        if answer.reply is not None:
            self._answer = answer
            self._meter = StreamMeter(self._request.wire, self._shape(answer))
        return answer

    async def _search_among(self, payable: Sequence[Account]) -> ModelAnswer:
        """Reserve what the request may use, and find an answer; what was reserved before is given back."""
        if self._payment is not None:
            self._payment.settle()
        self._payment = await self._reserve(payable)
        self._search = self._relay.search(self._request, payable, self._doing, self._pay)
        return await self._search.run()

    async def _pay(self, lost: LostAnswer) -> None:
        """Count an answer that came to nothing, and reserve anew for the next try, as it is billed once more.

        It is a guess: what its provider counted came with the part that is missing.

        Raises:
            ModelsParked: the budget is spent.
        """
        since = time.monotonic() - lost.seconds
        counted = self._guessed(lost.account, since, self._guess(since))
        self._counted(counted)
        self._settle_payment(counted)
        self._payment = await self._reserve(self._payable)

    async def _reserve(self, payable: Sequence[Account]) -> Payment:
        def estimated() -> CostEstimate:
            return estimate(self._request, self._size, [self._price(account) or FREE for account in payable])

        providers = listed((account.provider.name for account in payable), MOST_NAMED)
        try:
            asked = AskedCall(role=self._role, model=self._request.model, providers=providers)
            return await self._purse.reserve(asked, estimated, lambda: self._doing(WAITS))
        except BudgetSpent as error:
            raise ModelsParked(str(error), wait_s=error.wait_s, spent=True) from None
        except AccountUnusable as error:
            raise ModelsParked(f"no limit can be kept: {error}") from None

    def _settle_payment(self, counted: SettledCall | None) -> None:
        if self._payment is None:
            return
        if counted is None:
            self._payment.settle()
            return
        charge = Charge(role=self._role, provider=counted.provider, model=counted.model, usage=counted.usage)
        self._payment.settle(charge)

    async def chunks(self) -> AsyncIterator[bytes]:
        """The answer, as the client gets it.

        Raises:
            Broken: it does not come to its end.
        """
        answer, meter = self._answer, self._meter
        if answer is None or answer.reply is None or meter is None:
            return
        scrubber = StreamScrubber(answer.account.keys.forms)
        try:
            async for chunk in answer.reply.chunks():
                passed = scrubber.feed(meter.feed(chunk))
                self.over = answer.reply.over
                if self.over:
                    passed += scrubber.feed(meter.end()) + scrubber.end()
                if passed:
                    yield passed
        except (Unreachable, TooLong) as error:
            self.broken = self._relay.break_off(answer.account, str(error), self._payable)
            if rest := scrubber.end():
                yield rest
            raise Broken(str(error)) from None
        answer.account.breaker.finish()
        if not self.over and (rest := scrubber.feed(meter.end()) + scrubber.end()):
            yield rest

    def settle(self) -> None:
        """Count what the call used; a second time, nothing happens."""
        counted: SettledCall | None = None
        try:
            counted = self._count_answer() or self._count_abandoned()
            self._answer = self._search = None
            if counted:
                self._counted(counted)
        finally:
            self._settle_payment(counted)

    def _count_answer(self) -> SettledCall | None:
        """What an answer used, also one that came only in part."""
        if self._answer is None or self._answer.reply is None or self._meter is None:
            return None
        self._answer.reply.close()
        expected = Expected(
            input_tokens=request_tokens(self._request, self._size),
            least_input=least_request_tokens(self._request, self._size),
            answer=self._guess(self._answer.asked_at),
            single=self._request.single,
        )
        counts, exact = self._meter.settle(expected)
        usage = self._usage(self._answer.account, counts, exact=exact)
        usage = replace(usage, first_token_s=self._answer.first_byte_at - self._started, retries=self._answer.retries)
        return self._settled(self._answer.account, self._answer.model, usage, self._answer.asked_at)

    def _count_abandoned(self) -> SettledCall | None:
        """A guess of what a call used whose client went away before the first byte: no provider says.

        A free server may have had it wait behind others all that time, and nobody pays if not: only its request counts.
        """
        if self._search is None or self._search.under_way is None:
            return None
        account, since = self._search.under_way
        free = account.provider.local and self._price(account) == FREE
        return self._guessed(account, since, 0 if free else self._guess(since))

    def _guessed(self, account: Account, since: float, output_tokens: int) -> SettledCall:
        """A call whose request was read and whose answer began then, or never."""
        counts = Counts(input_tokens=request_tokens(self._request, self._size), output_tokens=output_tokens)
        model = account.provider.model_for(self._request.model)
        usage = replace(self._usage(account, counts, exact=False), unanswered=1)
        return self._settled(account, model, usage, since)

    def _settled(self, account: Account, model: str, usage: Usage, since: float) -> SettledCall:
        return SettledCall(provider=account.provider.name, model=model, usage=usage, answer_s=time.monotonic() - since)

    def _guess(self, since: float) -> int:
        """Tokens that a model may have written since then, within the request's limit."""
        written = math.ceil((time.monotonic() - since) * TOKENS_PER_S)
        most = self._request.most_output
        return written if most is None else min(most, written)

    def _usage(self, account: Account, counts: Counts, *, exact: bool) -> Usage:
        seconds = time.monotonic() - self._started
        return Usage(
            calls=1,
            input_tokens=counts.input_tokens,
            cached_tokens=counts.cached_tokens,
            output_tokens=counts.all_output,
            cost_usd=_cost_usd(self._price(account) or FREE, counts),
            seconds=seconds,
            estimated=0 if exact else 1,
            estimated_output_tokens=0 if exact else counts.all_output,
            estimated_s=0.0 if exact else seconds,
        )

    def _shape(self, answer: ModelAnswer) -> Shape:
        if answer.reply is None or not answer.reply.streamed:
            return Shape.WHOLE
        if self._request.array:
            return Shape.ARRAY
        return Shape.EVENTS_LESS_USAGE if self._request.wire.hides_usage(self._request.body) else Shape.EVENTS

    def _price(self, account: Account) -> Price | None:
        """What the account's model costs; None if it is not known."""
        return self._prices.of(account.provider, self._request.model)

    def _why_unpayable(self, accounts: Sequence[Account]) -> str:
        if not accounts:
            return f"no provider of your settings speaks {self._request.wire.wire}"
        model = accounts[0].provider.model_for(self._request.model)
        return f"a budget in dollars cannot be kept without the price of {model}; add it to `prices` in your settings"


def _is_refused(answer: ModelAnswer, request: ModelRequest) -> bool:
    """Whether a provider does not take the limit that was put in."""
    return answer.status in {BAD_REQUEST, UNPROCESSABLE} and request.wire.refuses_limit(
        answer.fault.decode(errors="replace").lower()
    )


def _cost_usd(price: Price, counts: Counts) -> float:
    return price.cost_usd(
        input_tokens=counts.input_tokens,
        cached_tokens=counts.cached_tokens,
        written_tokens=counts.written_tokens,
        output_tokens=counts.all_output,
    )
