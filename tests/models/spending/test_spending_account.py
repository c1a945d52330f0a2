"""The owner's account: limits that all processes keep together, settled calls, and what happens when the file is no good."""

import asyncio
import sqlite3
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from overnight.models.budget import BudgetSpent, CostEstimate, SpendingLimit
from overnight.models.provider import Provider
from overnight.models.spending.account import SpendingAccount
from overnight.models.spending.book import NAME, AccountUnusable
from overnight.models.spending.charge import AskedCall, Charge
from overnight.models.spending.job import Job
from overnight.models.spending.limits import CAMPAIGN, TRYOUT, PeriodLimits, SpendingRules
from overnight.models.spending.page import SpendPage, read_page
from overnight.models.usage import Usage, Wire

NOON = 1_796_126_400.0  # Tuesday 2026-12-01 12:00 UTC
DAY_S = 86_400.0
ASKED = AskedCall(role="explorer", model="m1", providers="p")


class Clock:
    """A clock that a test sets."""

    def __init__(self, at: float = NOON) -> None:
        self.at = at

    def __call__(self) -> float:
        """The time."""
        return self.at


def rules(**total: Any) -> SpendingRules:
    """Limits of everything."""
    return SpendingRules(total=PeriodLimits(**total), zone="UTC", source="settings.toml")


def estimate(tokens: int, most: int | None, usd: float = 0.0) -> CostEstimate:
    """The estimate of a call; its price is the same per token."""
    each = usd / tokens
    return CostEstimate(tokens=tokens, most_tokens=most, cost_usd=tokens * each, most_usd=None if most is None else most * each)


def charge(tokens: int, usd: float = 0.0, **more: Any) -> Charge:
    """What a call used."""
    usage = Usage(calls=1, input_tokens=tokens, cost_usd=usd)
    return Charge(**{"role": "explorer", "provider": "p", "model": "m1", "usage": usage, **more})


def opened(
    folder: Path,
    given: SpendingRules,
    *,
    clock: Callable[[], float] = lambda: NOON,
    note: Callable[[str], None] = lambda _: None,
    **job: Any,
) -> SpendingAccount:
    """An open account of a campaign."""
    whose = Job(**{"system": CAMPAIGN, "key": "campaign:1", "label": "repo/one", **job})
    account = SpendingAccount(whose, given, folder=folder, clock=clock, note=note)
    account.open()
    return account


def page(folder: Path, given: SpendingRules | None = None, at: float = NOON, **more: Any) -> SpendPage:
    """What the account shows."""
    return read_page(folder, given or rules(), clock=Clock(at), **more)


def test_a_day_is_shared_by_two_campaigns(tmp_path: Path) -> None:
    """What one has reserved the other cannot spend; what it did not use the other can."""

    async def walk() -> None:
        one = opened(tmp_path, rules(day_tokens=1000))
        two = opened(tmp_path, rules(day_tokens=1000), key="campaign:2", label="repo/two")
        held = await one.reserve(ASKED, estimate(100, 900))
        exceeding = await two.reserve(ASKED, estimate(50, 900))  # the only one that may be more than is left
        waiting = asyncio.ensure_future(one.reserve(ASKED, estimate(40, 900)))
        await asyncio.sleep(0)
        two.settle(exceeding, charge(60))
        one.settle(held, charge(500))
        last = await waiting
        one.settle(last, charge(440))
        with pytest.raises(BudgetSpent, match="the day's limit of 1,000 tokens for all models is spent: 0 are left") as spent:
            await two.reserve(ASKED, estimate(1, 1))
        assert spent.value.wait_s == DAY_S / 2
        assert "begins anew at midnight (UTC), in 12 h 00 min" in str(spent.value)
        assert "spending.day_tokens in settings.toml" in str(spent.value)
        for account in (one, two):
            account.close()

    asyncio.run(walk())
    assert page(tmp_path).today.tokens == 1000
    assert page(tmp_path, at=NOON + DAY_S).today.tokens == 0


def test_each_limit_is_about_its_own(tmp_path: Path) -> None:
    """One system's limit does not stop another; a job's budget is its own; the week goes on after midnight."""
    given = SpendingRules(
        total=PeriodLimits(week_usd=2.0), systems={CAMPAIGN: PeriodLimits(day_usd=1.0)}, zone="UTC", source="settings.toml"
    )
    clock = Clock()

    async def walk() -> None:
        campaign = opened(tmp_path, given, clock=clock, budget=SpendingLimit(tokens=5000))
        tryout = opened(tmp_path, given, clock=clock, system=TRYOUT, key="tryout:a", label="a")
        held = await campaign.reserve(ASKED, estimate(100, 200, usd=0.1))
        campaign.settle(held, charge(900, usd=1.0))
        with pytest.raises(BudgetSpent, match=r"day's limit of \$1\.00 for the system `campaign` is spent"):
            await campaign.reserve(ASKED, estimate(100, 200, usd=0.1))
        tryout.settle(await tryout.reserve(ASKED, estimate(100, 200, usd=0.1)), charge(100, usd=0.5))
        clock.at += DAY_S
        campaign.settle(await campaign.reserve(ASKED, estimate(100, 200, usd=0.1)), charge(100, usd=0.5))
        with pytest.raises(BudgetSpent, match=r"week's limit of \$2\.00 for all models .* on Monday, at midnight") as spent:
            await tryout.reserve(ASKED, estimate(100, 200, usd=0.1))
        assert spent.value.wait_s == 4.5 * DAY_S
        clock.at += 7 * DAY_S
        with pytest.raises(BudgetSpent, match="the budget of tokens is spent: 4000 are left, and the request alone") as own:
            await campaign.reserve(ASKED, estimate(4000, 4001))
        assert own.value.wait_s is None
        campaign.close()
        tryout.close()

    asyncio.run(walk())


def test_a_jobs_budget_is_what_the_account_or_its_record_says(tmp_path: Path) -> None:
    """Its record can only raise it: a lost file gives no budget back, and neither does a record that misses a call."""

    async def left(spent_tokens: int) -> str:
        account = opened(tmp_path, rules(), budget=SpendingLimit(tokens=1000), spent_tokens=spent_tokens)
        with pytest.raises(BudgetSpent) as spent:
            await account.reserve(ASKED, estimate(5000, 5000))
        account.settle(await account.reserve(ASKED, estimate(10, 20)), charge(100))
        account.close()
        return str(spent.value)

    assert "1000 are left" in asyncio.run(left(0))
    assert "900 are left" in asyncio.run(left(0))
    assert "700 are left" in asyncio.run(left(300))
    assert "600 are left" in asyncio.run(left(400))
    (tmp_path / NAME).unlink()
    assert "500 are left" in asyncio.run(left(500))


def test_without_limits_a_call_is_counted_all_the_same(tmp_path: Path) -> None:
    """By system, job, role, provider and model, with what went to whom; a name that somebody chose is printable and short."""
    account = opened(tmp_path, rules(), label="evil\x1b[2J" + "x" * 500)
    for here in ("https://user:pw@api.example.com/v1", "http://127.0.0.1:8080"):
        account.sent(Provider(name="p", base_url=here, wires=(Wire.ANTHROPIC,)), 1000)
    usage = Usage(calls=1, input_tokens=10, cached_tokens=4, output_tokens=5, cost_usd=0.5, estimated=1)
    account.settle(None, charge(0, usage=usage))
    account.settle(None, charge(0, usage=usage, role="critic\n", model="m\x00\u202e"))
    account.settle(None, None)
    account.close()
    shown = page(tmp_path, by=("system", "job", "role", "provider", "model"))
    assert (shown.today, shown.week) == (shown.by["system"][0].spent, shown.by["job"][0].spent)
    assert (shown.today.calls, shown.today.tokens, shown.today.cached_tokens, shown.today.estimated) == (2, 30, 8, 2)
    names = [group.name for groups in shown.by.values() for group in groups]
    assert all(name.isprintable() and len(name) <= 120 for name in names)
    assert {"campaign", "p", "explorer", "m1"} < set(names)
    assert [(sent.host, sent.here, sent.requests, sent.size_bytes) for sent in shown.sent] == [
        ("127.0.0.1:8080", True, 1, 1000),
        ("api.example.com", False, 1, 1000),
    ]
    assert b"pw" not in (tmp_path / NAME).read_bytes()


def test_models_with_made_up_names_fill_no_disk(tmp_path: Path) -> None:
    """An agent may ask for any model; beyond two hundred a day the further ones share a row, and all are counted."""
    account = opened(tmp_path, rules())
    for number in range(230):
        account.settle(None, charge(1, model=f"made-up-{number}"))
    account.close()
    shown = page(tmp_path, by=("model",))
    assert len(shown.by["model"]) == 201
    assert (shown.by["model"][0].name, shown.by["model"][0].spent.tokens, shown.today.tokens) == ("(others)", 30, 230)


@pytest.mark.parametrize("content", [b"not a database at all, but long enough to be one" * 50, b""], ids=["damaged", "folder"])
def test_limits_fail_closed_if_the_file_is_no_good(tmp_path: Path, content: bytes) -> None:
    """With a limit no call is made, and the error names file and fix; without one calls go on; once repaired, both work."""
    path = tmp_path / NAME
    if content:
        path.write_bytes(content)
    else:
        path.mkdir()
    told: list[str] = []

    async def walk() -> None:
        limited = SpendingAccount(
            Job(system=CAMPAIGN, key="campaign:1", label="one"), rules(day_tokens=1000), folder=tmp_path, note=told.append
        )
        free = SpendingAccount(Job(system=TRYOUT, key="tryout:1", label="t"), rules(), folder=tmp_path, note=told.append)
        for account in (limited, free):
            account.open()
        with pytest.raises(AccountUnusable, match=f"{path}.*(move it away|remove it)"):
            await limited.reserve(ASKED, estimate(1, 1))
        free.settle(None, charge(70))
        assert [("no model is called" in text, "are not counted" in text) for text in told] == [(True, False), (False, True)]
        with pytest.raises(AccountUnusable):
            page(tmp_path)
        path.rename(tmp_path / "away")
        limited.settle(await limited.reserve(ASKED, estimate(1, 1)), charge(5))
        free.settle(None, charge(7))
        assert page(tmp_path).today.tokens == 82
        for account in (limited, free):
            account.close()

    asyncio.run(walk())


def test_a_file_that_was_moved_away_is_used_no_more(tmp_path: Path) -> None:
    """A session that has it open makes a new one, as others do: what it spends from then on is known to all."""

    async def walk() -> None:
        account = opened(tmp_path, rules(day_tokens=1000))
        before = await account.reserve(ASKED, estimate(1, 10))
        account.settle(await account.reserve(ASKED, estimate(1, 10)), charge(10))
        (tmp_path / NAME).rename(tmp_path / "away.db")
        for side in ("-wal", "-shm"):
            (tmp_path / f"{NAME}{side}").unlink()
        other = opened(tmp_path, rules(day_tokens=1000), key="campaign:2")
        account.settle(before, charge(7))
        other.settle(await other.reserve(ASKED, estimate(1, 900)), charge(900))
        assert page(tmp_path).today.tokens == 907
        with pytest.raises(BudgetSpent):
            await account.reserve(ASKED, estimate(93, 100))
        account.close()
        other.close()

    asyncio.run(walk())


def test_a_newer_file_is_left_alone(tmp_path: Path) -> None:
    """One that a later version has changed is neither used nor changed."""
    opened(tmp_path, rules()).close()
    with sqlite3.connect(tmp_path / NAME) as database:
        database.execute("PRAGMA user_version=99")
    with pytest.raises(AccountUnusable, match="newer overnight"):
        page(tmp_path)


def test_a_job_s_budget_can_change_while_its_calls_wait(tmp_path: Path) -> None:
    """A larger one lets a call through that waits, or that would be refused; a smaller one refuses the next."""

    async def walk() -> None:
        account = opened(tmp_path, rules(), budget=SpendingLimit(tokens=1000))
        held = await account.reserve(ASKED, estimate(100, 900))
        waiting = asyncio.create_task(account.reserve(ASKED, estimate(200, 900)))
        await asyncio.sleep(0)
        assert not waiting.done()
        account.limit(SpendingLimit(tokens=2000))
        other = await waiting
        account.settle(held, charge(900))
        account.settle(other, charge(900))
        account.limit(SpendingLimit(tokens=1500))
        with pytest.raises(BudgetSpent, match="budget of tokens is spent"):
            await account.reserve(ASKED, estimate(100, 200))
        account.limit(SpendingLimit())
        assert not account.limited
        account.close()

    asyncio.run(walk())
