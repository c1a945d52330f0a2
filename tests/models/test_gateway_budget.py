"""Budgets: reserved before a call, settled after it, and exceeded by at most one answer."""

import asyncio
from collections.abc import Mapping

import pytest
from gateways import PRICES, ask, gateway, provider
from scripted_models import ScriptedModels

from overnight.models import estimate as estimates
from overnight.models.budget import BudgetSpent, CostEstimate, Reservation, SpendingBudget, SpendingLimit
from overnight.models.port import ModelsParked
from overnight.models.provider import Prices
from overnight.models.upstream import encode
from overnight.models.usage import Wire

CALL = 1050  # tokens of a scripted call


@pytest.mark.parametrize("wire", list(Wire))
def test_a_spent_budget_stops_within_one_call(models: ScriptedModels, wire: Wire) -> None:
    """The call that exhausts the budget is the last; the next is refused at once, in the wire's own format."""

    async def walk() -> None:
        async with gateway([provider(models, "ok")], allowance=SpendingLimit(tokens=2 * CALL)) as opened:
            with opened.gateway.use(role="r", number=1) as run:
                assert [(await ask(run.url, wire)).status for _ in range(2)] == [200, 200]
                asked = len(models.seen)
                got = await ask(run.url, wire)
                assert got.status in {400, 402, 403}
                assert "budget" in got.document["error"]["message"]
                assert run.refusal is not None
                assert run.refusal.wait_s is None
                with pytest.raises(ModelsParked, match="budget"):
                    await run.call(wire, {"model": "m1"})
                assert len(models.seen) == asked
        assert run.usage.tokens == 2 * CALL

    asyncio.run(walk())


@pytest.mark.parametrize("providers", [1, 6])
def test_answers_that_break_off_spend_the_budget_by_one_call_at_most(models: ScriptedModels, providers: int) -> None:
    """Each is billed, so each next try of the same request has to fit into what is left."""

    async def walk() -> None:
        cutting = [provider(models, "cut", name=f"p{at}") for at in range(providers)]
        async with gateway(cutting, allowance=SpendingLimit(tokens=2000)) as opened:
            with opened.gateway.use(role="r", number=1) as run, pytest.raises(ModelsParked, match="budget") as spent:
                await run.call(Wire.OPENAI_CHAT, {"model": "m1", "messages": [{"role": "user", "content": "hi " * 1500}]})
        assert spent.value.spent and models.asked["cut"] == len(opened.called) == 1
        assert 1000 < run.usage.tokens <= 2000

    asyncio.run(walk())


def test_ten_runs_at_once_pass_the_budget_by_one_answer_at_most(models: ScriptedModels) -> None:
    """Concurrent runs share one budget: together they exceed it by at most one answer."""

    async def walk() -> None:
        limit = 5 * CALL + 10
        async with gateway([provider(models, "ok")], allowance=SpendingLimit(tokens=limit)) as opened:

            async def agent(number: int) -> None:
                with opened.gateway.use(role="r", number=number) as run:
                    while (await ask(run.url, max_tokens=2000)).status == 200:
                        pass

            await asyncio.gather(*(agent(number) for number in range(10)))
        spent = sum(call.usage.tokens for call in opened.called)
        assert limit - CALL < spent <= limit + CALL

    asyncio.run(walk())


def test_money_is_a_budget_too(models: ScriptedModels) -> None:
    """Dollars, by the price table, stop calls as tokens do."""

    async def walk() -> None:
        async with gateway([provider(models, "ok", key_env="K")], prices=PRICES, environment={"K": "key-1"},
                           allowance=SpendingLimit(cost_usd=0.02)) as opened:  # fmt: skip
            with opened.gateway.use(role="r", number=1) as run:
                statuses = [(await ask(run.url)).status for _ in range(4)]
        assert statuses == [200, 200, 403, 403]
        assert run.usage.cost_usd == pytest.approx(2 * (600 * 10 + 400 * 1 + 50 * 100) / 1e6)

    asyncio.run(walk())


def test_a_budget_in_dollars_needs_a_price(models: ScriptedModels) -> None:
    """Without a price the cost cannot be limited, so no call is made; a local server costs nothing."""

    async def walk() -> None:
        settings = {"allowance": SpendingLimit(cost_usd=1.0), "environment": {"K": "key-1"}, "prices": Prices()}
        async with gateway([provider(models, "ok", key_env="K")], **settings) as opened:
            with opened.gateway.use(role="r", number=1) as run:
                got = await ask(run.url)
                assert got.status == 403
                assert "price of m1" in got.document["error"]["message"]
        assert not models.seen
        async with gateway([provider(models, "ok")], **settings) as opened:
            with opened.gateway.use(role="r", number=1) as run:
                assert (await ask(run.url)).status == 200
        assert run.usage.cost_usd == 0.0

    asyncio.run(walk())


def estimate(tokens: int, most: int | None) -> CostEstimate:
    """The estimate of a call without a price; None: nobody knows how long its answer may be."""
    return CostEstimate(tokens=tokens, most_tokens=most, cost_usd=0.0, most_usd=None if most is None else 0.0)


async def settled(*waiting: asyncio.Future[Reservation]) -> list[bool]:
    """Which of these have their reservation, once all that can have one have it."""
    for _ in range(10):
        await asyncio.sleep(0)
    return [one.done() for one in waiting]


def test_one_call_at_a_time_may_exceed_the_budget() -> None:
    """Calls that fit run side by side; of those that may need more than is left the next waits for the one before."""

    async def walk() -> None:
        budget = SpendingBudget(SpendingLimit(tokens=1000))
        fitting = await budget.reserve(estimate(100, 600))
        fitting_too = await budget.reserve(estimate(100, 300))
        exceeding = await budget.reserve(estimate(50, 5000))
        waiting = asyncio.ensure_future(budget.reserve(estimate(50, 5000)))
        unknown = asyncio.ensure_future(budget.reserve(estimate(10, None)))
        assert await settled(waiting, unknown) == [False, False]
        fitting.settle(tokens=200, cost_usd=0.0)
        fitting.settle(tokens=200, cost_usd=0.0)  # settling again has no effect
        fitting_again = await budget.reserve(estimate(100, 200))
        assert await settled(waiting, unknown) == [False, False]
        exceeding.settle(tokens=100, cost_usd=0.0)
        assert await settled(waiting, unknown) == [True, False]
        (await waiting).settle(tokens=5000, cost_usd=0.0)
        with pytest.raises(BudgetSpent):
            await unknown
        for one in (fitting_too, fitting_again):
            one.settle(tokens=1, cost_usd=0.0)
        with pytest.raises(BudgetSpent):
            await budget.reserve(estimate(1, 2))

    asyncio.run(walk())


def test_what_is_under_way_is_not_exceeded_twice() -> None:
    """After a call that exceeded what was left, none goes out until those beside it have shown what they used."""

    async def walk() -> None:
        budget = SpendingBudget(SpendingLimit(tokens=1000))
        beside = await budget.reserve(estimate(100, 900))
        (await budget.reserve(estimate(10, None))).settle(tokens=900, cost_usd=0.0)
        waiting = asyncio.ensure_future(budget.reserve(estimate(10, None)))
        assert await settled(waiting) == [False]
        beside.settle(tokens=900, cost_usd=0.0)
        with pytest.raises(BudgetSpent):
            await waiting

    asyncio.run(walk())


def test_a_request_larger_than_what_is_left_is_refused() -> None:
    """Not even if there is no other call, because its tokens are certain to be spent."""

    async def walk() -> None:
        with pytest.raises(BudgetSpent, match="request alone"):
            await SpendingBudget(SpendingLimit(tokens=100)).reserve(estimate(200, 300))
        dear = CostEstimate(tokens=1, most_tokens=1, cost_usd=0.01, most_usd=0.02)
        with pytest.raises(BudgetSpent, match="of money"):
            await SpendingBudget(SpendingLimit(cost_usd=0.005)).reserve(dear)
        (await SpendingBudget(SpendingLimit()).reserve(estimate(10**9, 10**9))).settle(tokens=1, cost_usd=1.0)

    asyncio.run(walk())


@pytest.mark.parametrize("allowance", [SpendingLimit(), SpendingLimit(tokens=10**7)])
def test_a_request_is_estimated_only_if_something_is_limited(
    models: ScriptedModels, allowance: SpendingLimit, monkeypatch: pytest.MonkeyPatch
) -> None:
    """An estimate writes a request once more, which takes a while if it is long; the call is counted all the same."""
    written: list[object] = []

    def write(body: Mapping[str, object]) -> bytes:
        written.append(body)
        return encode(body)

    monkeypatch.setattr(estimates, "encode", write)

    async def walk() -> None:
        async with gateway([provider(models, "ok")], allowance=allowance) as opened:
            with opened.gateway.use(role="r", number=1) as run:
                assert (await ask(run.url, Wire.ANTHROPIC)).status == 200
        assert run.usage.tokens == CALL

    asyncio.run(walk())
    assert len(written) == (0 if allowance == SpendingLimit() else 1)
