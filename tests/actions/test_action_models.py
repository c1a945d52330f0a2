"""The models of all actions: one gateway whose breakers they share, a budget for each, and live signs of what they do."""

import asyncio
from pathlib import Path

import pytest
from gateways import QUICK, ask
from scripted_models import ScriptedModels

from overnight.actions.charter import ActionBudget, Request
from overnight.actions.roles.live import Live, LiveBoard, read_live
from overnight.actions.roles.models import ActionGateway
from overnight.actions.state import Action
from overnight.agents.port import Task
from overnight.agents.transcript import EntryKind
from overnight.config import VARIABLE, Settings, read_settings
from overnight.models.port import ModelsParked
from overnight.models.provider import Provider
from overnight.models.spending.limits import ACTION, PeriodLimits, SpendingRules
from overnight.models.usage import CallRecord, Usage, Wire

CHAT = {"model": "m1", "messages": [{"role": "user", "content": "hi"}], "max_tokens": 50}
TOKENS = 1050  # of the first call of a mode


@pytest.fixture(autouse=True)
def _state(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))


def action(number: int, used: Usage | None = None) -> Action:
    """An action that used so much by now."""
    request = Request(repo="/home/user/shop", title="t", text="t")
    return Action(number=number, request=request, by="owner", asked_at=0.0, changed_at=0.0, usage=used or Usage())


def gateway(place: Path, models: ScriptedModels, *modes: str, spending: SpendingRules | None = None) -> ActionGateway:
    """A gateway in front of providers in these modes."""
    providers = tuple(Provider(name=mode, base_url=models.url(mode), wires=tuple(Wire), silence_s=5.0) for mode in modes)
    settings = Settings(providers=providers, spending=spending or SpendingRules())
    return ActionGateway(settings, place, origin="o", environment={}, pace=QUICK)


def test_each_action_keeps_to_its_own_budget(tmp_path: Path, models: ScriptedModels) -> None:
    """One that has spent its tokens is refused, while another one with the same models goes on."""

    async def run() -> None:
        async with gateway(tmp_path, models, "ok") as shared:
            with (
                shared.of(action(1), ActionBudget(tokens=TOKENS)) as small,
                shared.of(action(2), ActionBudget()) as large,
            ):
                assert small is not None and large is not None
                with small.use(role="coder", number=1) as one, large.use(role="coder", number=2) as two:
                    await one.call(Wire.OPENAI_CHAT, CHAT)
                    with pytest.raises(ModelsParked, match="the action's budget of tokens is spent") as parked:
                        await one.call(Wire.OPENAI_CHAT, CHAT)
                    assert parked.value.spent and parked.value.wait_s is None
                    await two.call(Wire.OPENAI_CHAT, CHAT)
                    await two.call(Wire.OPENAI_CHAT, CHAT)
                assert (small.uncounted().calls, large.uncounted().calls) == (1, 2)
                assert [(use.provider, use.usage.calls) for use in small.take_uses()] == [("ok", 1)]
                assert [use.usage.calls for use in large.take_uses()] == [2]
                assert large.take_uses() == [] and large.uncounted() == Usage()

    asyncio.run(run())


def test_a_budget_holds_over_a_kill(tmp_path: Path, models: ScriptedModels) -> None:
    """What an action used is in the owner's account, and in its own record; the larger one counts."""

    async def spent(used: Usage) -> str:
        async with gateway(tmp_path, models, "ok") as shared:
            with shared.of(action(1, used), ActionBudget(tokens=2 * TOKENS)) as own:
                assert own is not None
                with own.use(role="coder", number=1) as run:
                    try:
                        await run.call(Wire.OPENAI_CHAT, CHAT)
                    except ModelsParked as parked:
                        return str(parked)
        return ""

    async def lost(used: Usage) -> Usage:
        async with gateway(tmp_path, models, "ok") as shared:
            return shared.lost(action(1, used))

    assert asyncio.run(lost(Usage())) == Usage()
    assert asyncio.run(spent(Usage())) == ""
    assert asyncio.run(spent(Usage())) == "", "the record was lost, the account was not"
    assert "is spent" in asyncio.run(spent(Usage()))
    assert asyncio.run(lost(Usage(calls=1, input_tokens=TOKENS))).tokens == TOKENS, "what the record does not know"


def test_a_record_raises_what_the_account_has(tmp_path: Path, models: ScriptedModels) -> None:
    """As when the account's file was deleted meanwhile."""

    async def run() -> None:
        async with gateway(tmp_path, models, "ok") as shared:
            with shared.of(action(1, Usage(calls=1, input_tokens=TOKENS)), ActionBudget(tokens=TOKENS)) as own:
                assert own is not None
                with own.use(role="coder", number=1) as run, pytest.raises(ModelsParked, match="is spent"):
                    await run.call(Wire.OPENAI_CHAT, CHAT)

    asyncio.run(run())


def test_actions_share_the_breaker_of_an_account(tmp_path: Path, models: ScriptedModels) -> None:
    """Ten actions ask a provider without quota once, and all go on with the next one, to which they do not switch back."""

    async def run() -> None:
        async with gateway(tmp_path, models, "e429q", "ok") as shared:

            async def work(number: int) -> None:
                with shared.of(action(number), ActionBudget()) as own:
                    assert own is not None
                    with own.use(role="coder", number=number) as run:
                        for _ in range(3):
                            await run.call(Wire.OPENAI_CHAT, CHAT)

            await work(1)
            assert models.asked["e429q"] == 1
            await asyncio.gather(*map(work, range(2, 11)))

    asyncio.run(run())
    assert models.asked == {"e429q": 1, "ok": 30}


def test_the_owners_limits_hold_for_all_actions_together(tmp_path: Path, models: ScriptedModels) -> None:
    """A limit of the system `action` is theirs alone; it begins anew, so the actions wait."""
    rules = SpendingRules(systems={ACTION: PeriodLimits(day_tokens=TOKENS)})

    async def run() -> None:
        async with gateway(tmp_path, models, "ok", spending=rules) as shared:
            with shared.of(action(1), ActionBudget()) as one, shared.of(action(2), ActionBudget()) as two:
                assert one is not None and two is not None
                with one.use(role="coder", number=1) as run:
                    await run.call(Wire.OPENAI_CHAT, CHAT)
                with (
                    two.use(role="coder", number=2) as run,
                    pytest.raises(ModelsParked, match=r"spending\.action\.day") as parked,
                ):
                    await run.call(Wire.OPENAI_CHAT, CHAT)
                assert parked.value.wait_s is not None and parked.value.spent

    asyncio.run(run())


def test_without_providers_there_are_no_models(tmp_path: Path, models: ScriptedModels) -> None:
    """Agents that need none work all the same."""

    async def run() -> None:
        async with gateway(tmp_path, models) as shared:
            with shared.of(action(1), ActionBudget()) as own:
                assert own is None

    asyncio.run(run())
    assert read_live(tmp_path).providers == ()


def test_another_process_reads_what_models_do_now(tmp_path: Path, models: ScriptedModels) -> None:
    """Tokens by role and provider, how each provider stands, and what the agent of an action waits for."""

    async def run() -> None:
        async with gateway(tmp_path, models, "e401", "ok") as shared:
            with shared.of(action(3), ActionBudget()) as own:
                assert own is not None
                with own.use(role="coder", number=3) as run:
                    got = await ask(run.url)
                    assert got.status == 200
                    task = Task(folder=tmp_path, role="coder", number=3)
                    own.step(task, EntryKind.CALL, "make\x1btest\nmore")
                    own.step(task, EntryKind.OUTPUT, "1 passed")
                    shared.live.write()
            live = read_live(tmp_path)
            assert [(each.role, each.provider, each.calls) for each in live.sums] == [("coder", "ok", 1)]
            assert [(each.name, each.standing) for each in live.providers] == [("e401", "broken"), ("ok", "ready")]
            assert [(each.action, each.role, each.doing) for each in live.work] == [(3, "coder", r"runs make\x1btest")]
            shared.live.write()
            assert read_live(tmp_path).work == (), "the action is over"

    asyncio.run(run())


def test_speeds_are_of_the_last_minute_and_the_last_hour(tmp_path: Path) -> None:
    """By role and provider; what is older is forgotten, and a file that nobody writes any more is no sign of life."""
    now = 6_000.0
    board = LiveBoard(tmp_path, clock=lambda: now)
    call = CallRecord(
        number=1, role="coder", provider="p", model="m", usage=Usage(calls=1, input_tokens=500, output_tokens=100), answer_s=1.0
    )
    board.called(call)
    board.write()
    live = read_live(tmp_path)
    assert live.tokens_per_s(now) == 10.0 and live.tokens_per_s(now, role="coder", provider="p") == 10.0
    assert live.tokens_per_s(now, role="reviewer") == 0.0 and live.tokens_per_s(now + 61) == 0.0
    assert live.hour_per_s(now) == pytest.approx(600 / 3600)
    assert live.is_current(now + 5) and not live.is_current(now + 40)
    now += 2 * 3600
    board.write()
    assert read_live(tmp_path) == Live(at=now)
    now += 5
    assert not board.is_due, "there is no news"
    board.works(1, "coder", "asks p")
    assert board.is_due
    board.write()
    now += 60
    assert board.is_due
    (tmp_path / "live.json").write_text("{")
    assert read_live(tmp_path) == Live()


def test_the_owners_settings_limit_actions(tmp_path: Path) -> None:
    """By a table of their own."""
    (tmp_path / "settings.toml").write_text("[spending]\nday_usd = 5.0\n[spending.action]\nday_tokens = 1000\n")
    rules = read_settings({VARIABLE: str(tmp_path / "settings.toml")}, tmp_path).spending
    assert [limit.key for limit in rules.of(ACTION)] == ["spending.day_usd", "spending.action.day_tokens"]
