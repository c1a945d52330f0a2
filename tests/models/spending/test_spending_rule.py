"""The rule of the account: no limit is exceeded by more than one call, whatever is asked, and what costs nothing is free."""

import asyncio
import resource
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from test_spending_account import ASKED, charge, estimate, opened, page, rules

from overnight.models.budget import BudgetSpent, CostEstimate, SpendingLimit
from overnight.models.estimate import estimate as estimated
from overnight.models.provider import FREE
from overnight.models.relay import ModelRequest
from overnight.models.spending.account import Held
from overnight.models.spending.book import NAME, AccountUnusable
from overnight.models.spending.limits import CAMPAIGN, PeriodLimits, SpendingRules
from overnight.models.usage import Usage, Wire
from overnight.models.wires.formats import FORMATS

PRICE = 0.001  # dollars a token


@settings(max_examples=15)
@given(
    calls=st.lists(st.tuples(st.integers(1, 400), st.none() | st.integers(1, 1500), st.floats(0, 1)), min_size=2, max_size=14),
    day_tokens=st.none() | st.integers(500, 5000),
    week_usd=st.none() | st.floats(0.2, 5.0),
    budget=st.none() | st.integers(500, 5000),
    data=st.data(),
)
def test_each_limit_is_exceeded_by_one_call_at_most(
    calls: list[tuple[int, int | None, float]],
    day_tokens: int | None,
    week_usd: float | None,
    budget: int | None,
    data: st.DataObject,
) -> None:
    """Any calls at once, ended in any order, each billed up to what it may use, or far more if nobody knows."""
    given_rules = SpendingRules(
        total=PeriodLimits(day_tokens=day_tokens), systems={CAMPAIGN: PeriodLimits(week_usd=week_usd)}, zone="UTC"
    )

    async def walk(folder: Path) -> None:
        account = opened(folder, given_rules, budget=SpendingLimit(tokens=budget))
        under_way, bills = list[tuple[Held, int]](), list[int]()

        async def call(about: int, answer: int | None, share: float) -> None:
            most = None if answer is None else about + answer
            cost = CostEstimate(
                tokens=about,
                most_tokens=most,
                cost_usd=about * PRICE,
                most_usd=None if most is None else most * PRICE,
            )
            try:
                held = await account.reserve(ASKED, cost)
            except BudgetSpent:
                return
            under_way.append((held, about + round(share * (9000 if answer is None else answer))))

        making = [asyncio.ensure_future(call(*each)) for each in calls]
        while under_way or not all(one.done() for one in making):
            for _ in range(5):
                await asyncio.sleep(0)
            if under_way:
                held, billed = under_way.pop(data.draw(st.integers(0, len(under_way) - 1)))
                bills.append(billed)
                account.settle(held, charge(billed, usd=billed * PRICE))
        account.close()
        for amount, billed_of in ((day_tokens, 1.0), (week_usd, PRICE), (budget, 1.0)):
            assert amount is None or sum(bills) * billed_of <= amount + max(bills, default=0) * billed_of + 1e-9
        shown = page(folder, given_rules)
        assert (shown.today.tokens, shown.today.calls, shown.under_way) == (sum(bills), len(bills), 0)

    with TemporaryDirectory() as place:
        asyncio.run(walk(Path(place)))


def test_what_a_killed_session_had_under_way_is_gone_from_the_jobs_budget(tmp_path: Path) -> None:
    """Its ledger knows nothing of it; the account does, and the next session has that much less, once, marked as unsettled."""

    async def walk() -> None:
        killed = opened(tmp_path, rules(), budget=SpendingLimit(tokens=1000))
        await killed.reserve(ASKED, estimate(100, 300))
        killed.close()  # as its end does, however it ends
        for _ in range(2):
            following = opened(tmp_path, rules(), budget=SpendingLimit(tokens=1000))
            with pytest.raises(BudgetSpent, match="700 are left"):
                await following.reserve(ASKED, estimate(800, 900))
            following.close()

    asyncio.run(walk())
    shown = page(tmp_path, by=("provider",))
    assert [(group.name, group.spent.tokens, group.spent.unsettled) for group in shown.by["provider"]] == [("p", 300, 1)]


@pytest.mark.parametrize("asked", [10**30, 10**18])
def test_a_made_up_size_reserves_no_more_than_any_bill(tmp_path: Path, asked: int) -> None:
    """An agent may allow itself any answer; what an unfinished call of it counts has an end."""

    async def walk() -> None:
        account = opened(tmp_path, rules(day_tokens=1000))
        await account.reserve(ASKED, estimate(100, asked, usd=1.0))
        account.close()

    asyncio.run(walk())
    assert page(tmp_path).today.tokens == 10_000_000


def test_a_spent_limit_in_dollars_is_no_limit_for_what_is_free(tmp_path: Path) -> None:
    """A local server costs nothing, also if nobody knows how long its answer may be; its tokens count all the same."""
    request = ModelRequest(wire=FORMATS[Wire.OPENAI_CHAT], body={"messages": []}, model="m", stream=False)

    async def walk() -> None:
        account = opened(tmp_path, rules(day_usd=1.0))
        account.settle(None, charge(100, usd=1.5))
        both = [await account.reserve(ASKED, estimated(request, 100, [FREE])) for _ in range(2)]
        for held in both:
            account.settle(held, charge(50))
        with pytest.raises(BudgetSpent):
            await account.reserve(ASKED, estimate(1, 2, usd=0.001))
        account.close()

    asyncio.run(walk())
    assert page(tmp_path).today.tokens == 200


def test_a_full_disk_stops_no_call_that_nothing_limits(tmp_path: Path) -> None:
    """What cannot be written is kept and written later; a limited call is refused with the reason, and goes on afterwards."""
    told: list[str] = []

    async def walk() -> None:
        free = opened(tmp_path, rules(), note=told.append)
        limited = opened(tmp_path, rules(day_tokens=10**6), key="campaign:2")
        before = resource.getrlimit(resource.RLIMIT_FSIZE)
        resource.setrlimit(resource.RLIMIT_FSIZE, ((tmp_path / f"{NAME}-wal").stat().st_size, before[1]))
        try:
            for _ in range(3):
                free.settle(None, charge(10))
            with pytest.raises(AccountUnusable, match="free some space"):
                await limited.reserve(ASKED, estimate(10, 20))
        finally:
            resource.setrlimit(resource.RLIMIT_FSIZE, before)
        limited.settle(await limited.reserve(ASKED, estimate(10, 20)), charge(5))
        free.settle(None, charge(0, usage=Usage()))
        assert page(tmp_path).today.tokens == 35
        free.close()
        limited.close()

    asyncio.run(walk())
    assert len(told) == 1 and "are not counted there" in told[0]
