"""Which changes of a provider's state are told, over the real gateway and with a breaker of our own."""

import asyncio
from collections.abc import Sequence
from random import random

import pytest
from gateways import BODIES, gateway, post, provider, request_of
from scripted_models import ScriptedModels

from overnight.models.accounts import Account
from overnight.models.breaker import Breaker, RetryTimes
from overnight.models.failures import ProviderFailure, ProviderFault
from overnight.models.keys import Keys
from overnight.models.pace import NEWEST, USUAL, Pace
from overnight.models.provider import Provider
from overnight.models.provider_news import LONGEST, ProviderNews
from overnight.models.provider_state import ProviderStanding, ProviderState
from overnight.models.usage import CallRecord, Usage, Wire


class World:
    """One account, and what was told of it."""

    def __init__(self, *, settled_s: float = 0.0, apart_s: float = 0.0, name: str = "p") -> None:
        made = Provider(name=name, base_url="http://127.0.0.1:9", wires=tuple(Wire))
        self.breaker = Breaker(RetryTimes(), random)
        self.told: list[ProviderState] = []
        self.changed = asyncio.Event()
        account = Account(made, Keys(made, {}), self.breaker)
        self.news = ProviderNews([account], self._tell, settled_s=settled_s, apart_s=apart_s)

    def _tell(self, state: ProviderState) -> None:
        self.told.append(state)
        self.changed.set()

    def fail(self, fault: ProviderFault, why: str = "it is out") -> None:
        """The newest request failed."""
        permission = self.breaker.take(1e12) or 0
        self.breaker.fail(permission, ProviderFailure(fault=fault, why=why), 0.0)
        self.news.look()

    def recover(self) -> None:
        """A probe was answered."""
        self.breaker.succeed(self.breaker.take(1e12) or 0)
        self.news.look()

    @property
    def standings(self) -> Sequence[ProviderStanding]:
        return [state.standing for state in self.told]


def test_what_lasts_is_told_at_once_and_in_words() -> None:
    """A spent quota with the time of its reset, a refused key without one, and that it works again."""

    async def walk() -> None:
        world = World()
        world.fail(ProviderFault.QUOTA, "429 out of quota")
        world.fail(ProviderFault.BROKEN, "401 \x1b[2J" + "x" * 1000)
        world.recover()
        assert world.standings == [ProviderStanding.PARKED, ProviderStanding.BROKEN, ProviderStanding.READY]
        parked, broken, ready = world.told
        assert (parked.provider, parked.why) == ("p", "429 out of quota")
        assert parked.until is not None and parked.until >= parked.since
        assert broken.until is None and "\x1b" not in broken.why and len(broken.why) <= LONGEST
        assert (ready.why, ready.until) == ("", None)

    asyncio.run(walk())


def test_the_same_state_is_told_once() -> None:
    """Further failures of one kind are no news, but a later reset is."""

    async def walk() -> None:
        world = World()
        for _ in range(5):
            world.fail(ProviderFault.BROKEN, "401")
        assert world.standings == [ProviderStanding.BROKEN]
        world.fail(ProviderFault.QUOTA)
        world.fail(ProviderFault.QUOTA)
        assert world.standings == [ProviderStanding.BROKEN, ProviderStanding.PARKED, ProviderStanding.PARKED]

    asyncio.run(walk())


def test_what_passes_in_a_moment_is_not_told() -> None:
    """Nor at the end; what lasts until then is."""

    async def walk() -> None:
        world = World(settled_s=60.0)
        world.fail(ProviderFault.BUSY)
        world.recover()
        world.fail(ProviderFault.BUSY)
        world.news.close()
        assert world.told == []
        world = World(apart_s=60.0)
        world.fail(ProviderFault.QUOTA)
        world.recover()
        world.fail(ProviderFault.BROKEN)
        assert world.standings == [ProviderStanding.PARKED, ProviderStanding.READY]
        world.news.close()
        assert world.standings == [ProviderStanding.PARKED, ProviderStanding.READY, ProviderStanding.BROKEN]

    asyncio.run(walk())


def test_a_pause_that_lasts_is_told_when_it_has() -> None:
    """Without another request; so is its end."""

    async def walk() -> None:
        world = World(settled_s=0.01)
        world.fail(ProviderFault.BUSY, "no connection")
        assert world.told == []
        await world.changed.wait()
        world.changed.clear()
        world.recover()
        await world.changed.wait()
        assert world.standings == [ProviderStanding.PAUSED, ProviderStanding.READY]

    asyncio.run(walk())


def test_a_provider_that_flaps_fills_no_record() -> None:
    """However often it goes out and comes back, one outage is told within the time between two."""

    async def walk() -> None:
        world = World(apart_s=60.0)
        for _ in range(1000):
            world.fail(ProviderFault.QUOTA)
            world.recover()
        assert world.standings == [ProviderStanding.PARKED, ProviderStanding.READY]

    asyncio.run(walk())


def call(tokens: int, provider: str = "p", *, waited_s: float = 0.0, estimated: int = 0) -> CallRecord:
    """A call that its provider answered within one second."""
    usage = Usage(calls=1, output_tokens=tokens, seconds=waited_s + 1.0, estimated=estimated)
    return CallRecord(number=1, role="r", provider=provider, model="m1", usage=usage, answer_s=1.0)


def test_a_slow_provider_is_told_by_its_own_usual_pace() -> None:
    """With both paces; one that is out is told to be out, and calls of another provider do not count."""

    async def walk() -> None:
        world = World()
        for tokens in [100] * USUAL + [10] * NEWEST:
            world.news.called(call(tokens))
            world.news.called(call(1, "other"))
        assert world.standings == [ProviderStanding.SLOW]
        assert world.told[0].why == "m1 writes 10 tokens/s, and usually 100"
        world.fail(ProviderFault.BROKEN)
        assert world.standings[-1] is ProviderStanding.BROKEN

    asyncio.run(walk())


@pytest.mark.parametrize("usual", [call(100), call(10_000, estimated=1)])
def test_a_wait_for_another_and_a_guess_say_nothing_of_a_pace(usual: CallRecord) -> None:
    """A provider is not slow for the time in which others were tried, nor beside answers whose tokens nobody counted."""

    async def walk() -> None:
        world = World()
        for each in [usual] * USUAL + [call(100, waited_s=60.0)] * NEWEST:
            world.news.called(each)
        assert world.told == []

    asyncio.run(walk())


def test_the_gateway_says_how_long_the_provider_itself_took(models: ScriptedModels) -> None:
    """Without the time for which the request was held for it."""

    async def walk() -> None:
        pace = RetryTimes(busy_s=0.2, busiest_s=0.2, patience_s=5.0)
        async with gateway([provider(models, "f500x1")], pace=pace) as opened:
            with opened.gateway.use(role="r", number=1) as run:
                await run.call(Wire.OPENAI_CHAT, BODIES[Wire.OPENAI_CHAT])
        [record] = opened.called
        assert 0 < record.answer_s < record.usage.seconds - 0.1

    asyncio.run(walk())


@pytest.mark.parametrize(("calls", "slow"), [([10] * 50, False), ([100] * 20 + [30] * 5, False), ([100] * 19 + [1] * 5, False)])
def test_a_pace_is_slow_only_against_enough_calls(calls: list[int], slow: bool) -> None:
    """A model that was always slow is as usual, and so is one that is a little slower."""
    pace = Pace()
    for tokens in calls:
        pace.add("m1", tokens, 1.0)
    assert bool(pace.slow()) is slow


def test_a_refused_key_is_told_by_the_gateway(models: ScriptedModels) -> None:
    """The work says whom it asks; at the end nothing is asked any more; the key is in no word of it."""

    async def walk() -> None:
        told: list[ProviderState] = []
        doing: list[tuple[str, int, str]] = []
        first = provider(models, "e401", key_env="KEY")
        environment = {"KEY": "sk-secret-0123456789abcdef"}
        names = {"environment": environment, "changed": told.append, "doing": lambda *said: doing.append(said)}
        async with gateway([first, provider(models, "ok")], **names) as opened:
            with opened.gateway.use(role="explorer", number=7) as run:
                path, body = request_of(Wire.OPENAI_CHAT)
                assert (await post(run.url + path, body)).status == 200
        assert [(state.provider, state.standing) for state in told] == [("e401", ProviderStanding.BROKEN)]
        assert "401" in told[0].why and "sk-" not in told[0].why
        assert doing == [("explorer", 7, "asks e401"), ("explorer", 7, "asks ok"), ("explorer", 7, "")]

    asyncio.run(walk())
