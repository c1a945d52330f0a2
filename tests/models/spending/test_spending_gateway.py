"""Calls through a gateway are kept in the owner's account, and its limits hold there."""

import asyncio
from pathlib import Path
from typing import Any

import pytest
from gateways import BODIES, PRICES, ask, gateway, provider
from scripted_models import ScriptedModels

from overnight.models.call import WAITS
from overnight.models.port import ModelsParked
from overnight.models.spending.account import SpendingAccount
from overnight.models.spending.job import Job
from overnight.models.spending.limits import CAMPAIGN, PeriodLimits, SpendingRules
from overnight.models.spending.page import SpendPage, read_page
from overnight.models.usage import Wire
from overnight.testing.waiting import until

CALL = 1050  # tokens of a scripted call
NOON = 1_796_126_400.0  # 2026-12-01 12:00 UTC


def account(folder: Path, key: str, **total: Any) -> SpendingAccount:
    """The account of a campaign."""
    job = Job(system=CAMPAIGN, key=f"campaign:{key}", label=f"repo/{key}")
    return SpendingAccount(job, SpendingRules(total=PeriodLimits(**total), zone="UTC"), folder=folder, clock=lambda: NOON)


def shown_in(folder: Path, **total: Any) -> SpendPage:
    """What the account shows."""
    return read_page(folder, SpendingRules(total=PeriodLimits(**total), zone="UTC"), clock=lambda: NOON)


@pytest.mark.parametrize("wire", list(Wire))
def test_two_gateways_keep_one_days_limit(models: ScriptedModels, tmp_path: Path, wire: Wire) -> None:
    """What two campaigns ask together ends with the day's limit, in the wire's own words, until midnight."""

    async def walk() -> None:
        both = [account(tmp_path, key, day_tokens=2 * CALL) for key in ("one", "two")]
        async with (
            gateway([provider(models, "ok")], account=both[0]) as one,
            gateway([provider(models, "ok")], account=both[1]) as two,
        ):
            with one.gateway.use(role="explorer", number=1) as first, two.gateway.use(role="critic", number=1) as second:
                assert [(await ask(run.url, wire)).status for run in (first, second)] == [200, 200]
                for run in (first, second):
                    refused = await ask(run.url, wire)
                    assert refused.status in {400, 402, 403, 429}
                    assert "the day's limit of 2,100 tokens" in refused.text
                    assert run.refusal is not None
                    assert run.refusal.spent
                    assert run.refusal.wait_s == 86_400 / 2
                with pytest.raises(ModelsParked, match="begins anew at midnight"):
                    await first.call(wire, BODIES[wire])

    asyncio.run(walk())
    shown = shown_in(tmp_path)
    assert (shown.today.calls, shown.today.tokens, shown.today.unsettled, shown.under_way) == (2, 2 * CALL, 0, 0)
    assert [(group.name, group.spent.calls) for group in shown.by["role"]] == [("critic", 1), ("explorer", 1)]
    (sent,) = shown.sent
    assert (sent.here, sent.requests, sent.provider) == (True, 2, "ok")
    assert sent.size_bytes == sum(int(seen.headers["content-length"]) for seen in models.seen)


def test_a_failed_try_left_too(models: ScriptedModels, tmp_path: Path) -> None:
    """What a provider got that did not answer is counted as sent, and what no connection came about for is not."""

    async def walk() -> None:
        providers = [provider(models, "e500"), provider(models, "dead"), provider(models, "ok")]
        async with gateway(providers, account=account(tmp_path, "one")) as opened:
            with opened.gateway.use(role="r", number=1) as run:
                assert (await ask(run.url)).status == 200

    asyncio.run(walk())
    shown = shown_in(tmp_path)
    assert {(sent.provider, sent.requests) for sent in shown.sent} == {("e500", 1), ("ok", 1)}
    assert [group.name for group in shown.by["provider"]] == ["ok"]


def test_a_limit_in_dollars_needs_a_price(models: ScriptedModels, tmp_path: Path) -> None:
    """As a campaign's budget does; with one, what the call cost is in the account."""

    async def walk() -> None:
        paid = provider(models, "ok", key_env="K")
        more: dict[str, Any] = {"environment": {"K": "key-1"}}
        async with gateway([paid], account=account(tmp_path, "one", week_usd=5.0), **more) as opened:
            with opened.gateway.use(role="r", number=1) as run:
                assert "price of m1" in (await ask(run.url)).text
        async with gateway([paid], account=account(tmp_path, "one", week_usd=5.0), prices=PRICES, **more) as opened:
            with opened.gateway.use(role="r", number=1) as run:
                assert (await ask(run.url)).status == 200
                assert shown_in(tmp_path).week.cost_usd == run.usage.cost_usd > 0

    asyncio.run(walk())


def test_a_call_under_way_is_reserved_and_one_given_up_is_counted(models: ScriptedModels, tmp_path: Path) -> None:
    """While a provider is silent others see what the call may use; if its client leaves, the guess is settled."""

    async def walk() -> None:
        async with gateway([provider(models, "hang")], account=account(tmp_path, "one", day_tokens=10**6)) as opened:
            with opened.gateway.use(role="r", number=1) as run:
                asking = asyncio.ensure_future(ask(run.url, Wire.ANTHROPIC))
                await until(lambda: models.seen)
                under_way = shown_in(tmp_path, day_tokens=10**6)
                assert (under_way.under_way, under_way.today.calls) == (1, 0)
                assert under_way.limits[0].held > 2000
                asking.cancel()
            assert run.usage.calls == 1

    asyncio.run(walk())
    shown = shown_in(tmp_path)
    assert (shown.under_way, shown.today.calls, shown.today.estimated, shown.today.unsettled) == (0, 1, 1, 0)


def test_who_waits_for_another_process_is_shown(models: ScriptedModels, tmp_path: Path) -> None:
    """Two calls of which nobody knows how much they may use: the second one goes out once the first one has ended."""
    told: list[str] = []

    async def walk() -> None:
        both = [account(tmp_path, key, day_tokens=10**6) for key in ("one", "two")]
        async with (
            gateway([provider(models, "hang")], account=both[0]) as one,
            gateway([provider(models, "ok")], account=both[1], doing=lambda *doing: told.append(doing[2])) as two,
        ):
            with one.gateway.use(role="r", number=1) as first, two.gateway.use(role="r", number=1) as second:
                hanging = asyncio.ensure_future(ask(first.url))
                await until(lambda: models.seen)
                waiting = asyncio.ensure_future(ask(second.url))
                await until(lambda: WAITS in told)
                assert models.asked["ok"] == 0
                hanging.cancel()
                assert (await waiting).status == 200

    asyncio.run(walk())


def test_a_damaged_account_refuses_with_the_fix(models: ScriptedModels, tmp_path: Path) -> None:
    """The agent's error names the file; without a limit it gets its answer."""
    (tmp_path / "spending.db").write_bytes(b"x" * 5000)

    async def walk() -> None:
        for total, status in (({"day_tokens": 10**6}, 403), ({}, 200)):
            async with gateway([provider(models, "ok")], account=account(tmp_path, "one", **total)) as opened:
                with opened.gateway.use(role="r", number=1) as run:
                    got = await ask(run.url)
                    assert got.status == status
                    assert ("spending.db is damaged" in got.text) is (status == 403)
                    assert run.usage.calls == (status == 200)

    asyncio.run(walk())
