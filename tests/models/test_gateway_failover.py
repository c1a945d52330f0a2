"""Failover: an agent does not notice the failures of its providers."""

import asyncio
import json
import time
from contextlib import closing, suppress

import aiohttp
import pytest
from gateways import BODIES, QUICK, ask, gateway, provider
from scripted_models import Reply, ScriptedModels

from overnight.models import run as run_module
from overnight.models import upstream
from overnight.models.breaker import BreakerState, RetryTimes
from overnight.models.budget import SpendingLimit
from overnight.models.port import ModelsParked, RequestRefused
from overnight.models.usage import Wire
from overnight.testing.waiting import until

WIRES = pytest.mark.parametrize("wire", list(Wire))
BOTH = pytest.mark.parametrize("stream", [False, True])
BAD = ("dead", "e401", "e403", "e402", "e404", "e429", "e429q", "e500", "e503", "e529", "cut")


@pytest.mark.parametrize("bad", BAD)
@WIRES
def test_a_first_provider_that_fails_is_not_noticed(models: ScriptedModels, wire: Wire, bad: str) -> None:
    """Whatever the first provider does before its first byte, the agent gets the second one's answer."""

    async def walk() -> None:
        async with gateway([provider(models, bad), provider(models, "ok")]) as opened:
            with opened.gateway.use(role="r", number=1) as run:
                got = await ask(run.url, wire)
                assert got.status == 200
                assert models.text in got.text
                assert run.refusal is None
        lost = ["cut"] if bad == "cut" else []  # which its provider bills
        assert (run.usage.calls, run.usage.estimated) == (1 + len(lost), len(lost))
        assert run.usage.retries >= 1
        assert [call.provider for call in opened.called] == [*lost, "ok"]

    asyncio.run(walk())


def test_an_answer_that_breaks_off_is_counted(models: ScriptedModels) -> None:
    """Its provider bills it, also if no answer follows: what it may have used is estimated once, and is in the budget."""

    async def walk() -> None:
        async with gateway([provider(models, "cut")], allowance=SpendingLimit(tokens=10**6)) as opened:
            with opened.gateway.use(role="r", number=1) as run, pytest.raises(ModelsParked):
                await run.call(Wire.OPENAI_CHAT, {**BODIES[Wire.OPENAI_CHAT], "max_tokens": 50})
        tries = models.asked["cut"]
        assert tries >= 1
        assert [(call.provider, call.usage.estimated) for call in opened.called] == [("cut", 1)] * tries
        assert all(0 < call.usage.output_tokens <= 50 for call in opened.called)
        assert (run.usage.calls, run.usage.estimated) == (tries, tries)

    asyncio.run(walk())


def test_an_answer_without_end_is_refused(models: ScriptedModels, monkeypatch: pytest.MonkeyPatch) -> None:
    """A stream that nobody asked for is read up to a limit in this process."""
    monkeypatch.setattr(run_module, "ANSWER_BYTES", 1000)
    endless = b"data: {}\n\n" * 1000
    models.replies["endless"] = Reply(headers={"Content-Type": "text/event-stream"}, body=endless)

    async def walk() -> None:
        async with gateway([provider(models, "endless")]) as opened:
            with opened.gateway.use(role="r", number=1) as run, pytest.raises(RequestRefused, match="does not end"):
                await run.call(Wire.OPENAI_CHAT, BODIES[Wire.OPENAI_CHAT])

    asyncio.run(walk())


@BOTH
@pytest.mark.parametrize("cut", [False, True])
def test_an_answer_without_a_byte_is_none(models: ScriptedModels, stream: bool, cut: bool) -> None:
    """Good headers with no body, ended normally or broken off: the second provider is asked."""

    async def walk() -> None:
        kind = "text/event-stream" if stream else "application/json"
        models.replies["empty"] = Reply(headers={"Content-Type": kind}, body=b"", cut=cut)
        async with gateway([provider(models, "empty"), provider(models, "ok")]) as opened:
            with opened.gateway.use(role="r", number=1) as run:
                got = await ask(run.url, stream=stream)
                assert got.status == 200
                assert models.text in got.text
            why = opened.gateway.accounts()[0].why
            assert "broke off" in why if cut else why == "its answer was empty"

    asyncio.run(walk())


@WIRES
@BOTH
def test_a_provider_that_hangs_is_left(models: ScriptedModels, wire: Wire, stream: bool) -> None:
    """A provider that accepts a request and stays silent is given up after its timeout."""

    async def walk() -> None:
        async with gateway([provider(models, "hang", silence_s=0.05), provider(models, "ok")]) as opened:
            with opened.gateway.use(role="r", number=1) as run:
                assert (await ask(run.url, wire, stream=stream)).status == 200
        assert [state.why for state in opened.gateway.accounts()] == ["no answer in time", ""]

    asyncio.run(walk())


def test_a_provider_that_only_gives_signs_of_life_is_left(models: ScriptedModels, monkeypatch: pytest.MonkeyPatch) -> None:
    """Occasional white space keeps a connection alive but is not an answer, however long it continues."""

    monkeypatch.setattr(upstream, "WHOLE_S", 0.5)

    async def drip(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        writer.write(b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 100000\r\n\r\n")
        with suppress(ConnectionError), closing(writer):
            while True:
                writer.write(b" ")
                await writer.drain()
                await asyncio.sleep(0.01)

    async def walk() -> None:
        async with await asyncio.start_server(drip, "127.0.0.1", 0) as server:
            url = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"
            first = provider(models, "drip", base_url=url, silence_s=0.08)
            async with gateway([first, provider(models, "ok")]) as opened:
                with opened.gateway.use(role="r", number=1) as run:
                    answer = await run.call(Wire.OPENAI_CHAT, {"model": "m1"})
            assert models.text in json.dumps(answer)
            assert [call.provider for call in opened.called] == ["drip", "ok"]

    asyncio.run(walk())


def test_a_dead_provider_is_asked_no_more_for_a_while(models: ScriptedModels) -> None:
    """After a failure the first provider is paused; after the pause one request probes it, and all go back to it."""

    async def walk() -> None:
        first = provider(models, "f500x1")
        async with gateway([first, provider(models, "ok")], pace=RetryTimes(busy_s=0.3, busiest_s=0.3)) as opened:
            with opened.gateway.use(role="r", number=1) as run:
                for _ in range(5):
                    await ask(run.url)
                assert models.asked["f500x1"] == 1
                assert [state.standing for state in opened.gateway.accounts()] == [BreakerState.PAUSED, BreakerState.READY]
                await until(lambda: opened.gateway.accounts()[0].standing is BreakerState.PROBING)
                await ask(run.url)
                assert opened.gateway.accounts()[0].standing is BreakerState.READY
                await ask(run.url)
        assert [call.provider for call in opened.called] == ["ok"] * 5 + ["f500x1"] * 2

    asyncio.run(walk())


def test_one_request_probes_while_others_go_on(models: ScriptedModels) -> None:
    """While a probe is in progress, no other request waits for the probed provider."""

    async def walk() -> None:
        models.replies["flaky"] = Reply(status=500)
        first = provider(models, "flaky")
        async with gateway([first, provider(models, "ok")], pace=RetryTimes(busy_s=0.05, busiest_s=0.05)) as opened:
            with opened.gateway.use(role="r", number=1) as run:
                await ask(run.url)
                models.replies.clear()
                models.asked.clear()
                await until(lambda: opened.gateway.accounts()[0].standing is BreakerState.PROBING)
                await asyncio.gather(*(ask(run.url) for _ in range(8)))
        assert 1 <= models.asked["flaky"] <= 8
        assert models.asked["flaky"] + models.asked["ok"] == 8

    asyncio.run(walk())


def test_a_busy_only_provider_is_waited_for(models: ScriptedModels) -> None:
    """The gateway holds a request while transient errors last; the agent only sees that it took longer."""

    async def walk() -> None:
        for mode in ("f500x2", "f529x1", "f429x2"):
            async with gateway([provider(models, mode)], pace=RetryTimes(busy_s=0.02, patience_s=10)) as opened:
                with opened.gateway.use(role="r", number=1) as run:
                    assert (await ask(run.url)).status == 200
                assert run.usage.retries == int(mode[-1])

    asyncio.run(walk())


@WIRES
@pytest.mark.parametrize("bad", ["e429q", "e401", "e500", "dead"])
def test_when_no_provider_is_left_the_agent_gets_a_final_error(models: ScriptedModels, wire: Wire, bad: str) -> None:
    """The agent gets an error in the wire's own format with a status that clients do not retry."""

    async def walk() -> None:
        async with gateway([provider(models, bad)]) as opened:
            with opened.gateway.use(role="r", number=1) as run:
                got = await ask(run.url, wire)
                assert got.status in {400, 402, 403}
                assert got.headers["x-should-retry"] == "false"
                assert bad in got.document["error"]["message"]
                assert isinstance(run.refusal, ModelsParked)
                assert (run.refusal.wait_s is None) == (bad == "e401")
                with pytest.raises(ModelsParked):
                    await run.call(wire, {"model": "m1"})
        assert not opened.called

    asyncio.run(walk())


def test_a_refusal_is_forgotten_after_an_answer(models: ScriptedModels) -> None:
    """`refusal` is that of the newest call only."""

    async def walk() -> None:
        models.replies["one"] = Reply(
            status=429, headers={"retry-after": "3600"}, body=b'{"error": {"message": "daily quota"}}'
        )
        async with gateway([provider(models, "one")]) as opened:
            with opened.gateway.use(role="r", number=1) as run:
                await ask(run.url)
                assert run.refusal is not None
                assert run.refusal.wait_s == pytest.approx(3600, rel=0.2)
                assert opened.gateway.accounts()[0].standing is BreakerState.PARKED
        async with gateway([provider(models, "f500x1")]) as opened:
            with opened.gateway.use(role="r", number=1) as run:
                await ask(run.url)
                assert run.refusal is None

    asyncio.run(walk())


@pytest.mark.parametrize(("status", "message"), [(400, "prompt is too long"), (413, "too large"), (422, "bad field")])
def test_a_malformed_request_goes_back_and_nowhere_else(models: ScriptedModels, status: int, message: str) -> None:
    """An error that the provider blames on the request goes to the agent; no other provider is asked, none is paused."""

    async def walk() -> None:
        body = json.dumps({"error": {"message": message, "type": "invalid_request_error"}}).encode()
        models.replies["strict"] = Reply(status=status, body=body)
        async with gateway([provider(models, "strict"), provider(models, "ok")]) as opened:
            with opened.gateway.use(role="r", number=1) as run:
                got = await ask(run.url)
                assert (got.status, got.text) == (status, body.decode())
                assert opened.gateway.accounts()[0].standing is BreakerState.READY
                assert run.refusal is None
                with pytest.raises(RequestRefused, match=message):
                    await run.call(Wire.OPENAI_CHAT, {"model": "m1", "messages": []})
        assert not models.asked["ok"]
        assert not opened.called

    asyncio.run(walk())


def test_a_model_that_a_provider_does_not_have_is_asked_for_elsewhere(models: ScriptedModels) -> None:
    """404 moves one request on without pausing a provider; if none has the model, the agent gets the error."""

    async def walk() -> None:
        async with gateway([provider(models, "e404"), provider(models, "ok")]) as opened:
            with opened.gateway.use(role="r", number=1) as run:
                assert (await ask(run.url)).status == 200
                assert opened.gateway.accounts()[0].standing is BreakerState.READY
        async with gateway([provider(models, "e404")]) as opened:
            with opened.gateway.use(role="r", number=1) as run:
                assert (await ask(run.url)).status == 404
                assert run.refusal is None

    asyncio.run(walk())


def test_a_short_rate_limit_is_waited_for_at_the_same_provider(models: ScriptedModels) -> None:
    """If `retry-after` is short, the request stays with the provider whose cache is warm; else it moves on."""

    async def walk() -> None:
        async with gateway([provider(models, "f429x1"), provider(models, "ok")], pace=RetryTimes(busy_s=0.01)) as opened:
            with opened.gateway.use(role="r", number=1) as run:
                await ask(run.url)
        assert [call.provider for call in opened.called] == ["f429x1"]
        models.replies["slow"] = Reply(status=429, headers={"retry-after": "20"}, body=b'{"error": {"message": "rate limit"}}')
        async with gateway([provider(models, "slow"), provider(models, "ok")]) as opened:
            with opened.gateway.use(role="r", number=1) as run:
                await ask(run.url)
                wait_s = opened.gateway.accounts()[0].wait_s
        assert [call.provider for call in opened.called] == ["ok"]
        assert wait_s is not None
        assert 15 < wait_s < 30

    asyncio.run(walk())


def test_an_error_at_the_start_of_a_stream_is_no_answer(models: ScriptedModels) -> None:
    """A stream that opens with `overloaded_error` is a busy provider, not an answer of 200."""
    event = b'event: error\ndata: {"type": "error", "error": {"type": "overloaded_error", "message": "Overloaded"}}\n\n'

    async def walk() -> None:
        models.replies["late"] = Reply(headers={"Content-Type": "text/event-stream"}, body=event)
        async with gateway([provider(models, "late"), provider(models, "ok")]) as opened:
            with opened.gateway.use(role="r", number=1) as run:
                assert "message_stop" in (await ask(run.url, Wire.ANTHROPIC, stream=True)).text
        assert opened.gateway.accounts()[0].why == "500 Overloaded"
        assert [call.provider for call in opened.called] == ["ok"]

    asyncio.run(walk())


def test_only_providers_of_the_wire_are_asked(models: ScriptedModels) -> None:
    """Failover stays within a wire; a wire that no provider speaks is refused with a message."""

    async def walk() -> None:
        providers = [provider(models, "ok", wires=(Wire.ANTHROPIC,)), provider(models, "ask", wires=(Wire.OPENAI_CHAT,))]
        async with gateway(providers) as opened:
            assert opened.gateway.wires == [Wire.ANTHROPIC, Wire.OPENAI_CHAT]
            with opened.gateway.use(role="r", number=1) as run:
                assert models.question in (await ask(run.url)).text
                assert "gemini" in (await ask(run.url, Wire.GEMINI)).document["error"]["message"]
                assert run.refusal is not None
                assert run.refusal.wait_s is None

    asyncio.run(walk())


def test_who_could_be_asked_on_another_wire_is_said_and_comes_first(models: ScriptedModels) -> None:
    """An agent that speaks several wires starts on that of a provider which can be asked; one that does not learns of it."""

    async def walk() -> None:
        bad, good = provider(models, "e401", wires=(Wire.ANTHROPIC,)), provider(models, "ok", wires=(Wire.OPENAI_CHAT,))
        async with gateway([bad, good]) as opened:
            with opened.gateway.use(role="r", number=1) as run:
                assert run.wires == [Wire.ANTHROPIC, Wire.OPENAI_CHAT]
                await ask(run.url, Wire.ANTHROPIC)
                said = "no provider can be asked now: e401: 401 scripted 401; ok could be asked, but not in anthropic"
                assert str(run.refusal) == said
                assert run.wires == [Wire.OPENAI_CHAT, Wire.ANTHROPIC]

    asyncio.run(walk())


def test_siblings_wait_for_one_probe(models: ScriptedModels) -> None:
    """Ten agents do not flood a single busy provider: after the first failures they ask one at a time."""

    async def walk() -> None:
        async with gateway([provider(models, "e500")], pace=RetryTimes(busy_s=0.05, busiest_s=0.05, patience_s=0.5)) as opened:
            with opened.gateway.use(role="r", number=1) as run:
                await ask(run.url)
                models.asked.clear()
                started = time.monotonic()
                await asyncio.gather(*(ask(run.url) for _ in range(10)))
                # A pause is at least 0.0375 s, so probing one after another gives at most this many requests.
                assert models.asked["e500"] <= 2 + (time.monotonic() - started) / 0.0375

    asyncio.run(walk())


@pytest.mark.parametrize(("other", "short"), [("e401", True), ("ok", False)])
def test_a_provider_whose_streams_break_rests_long_only_for_another_one(
    models: ScriptedModels, other: str, short: bool
) -> None:
    """Beside one that is broken itself it is asked again as soon as if it was alone."""

    async def walk() -> None:
        chain = [provider(models, "cut"), provider(models, other)]
        async with gateway(chain if other == "ok" else chain[::-1], pace=RetryTimes()) as opened:
            with opened.gateway.use(role="r", number=1) as run, pytest.raises(Exception, match="not completed"):
                await ask(run.url, stream=True)
            [wait_s] = [account.wait_s for account in opened.gateway.accounts() if account.name == "cut"]
        assert wait_s is not None and (wait_s < 2.0) is short

    asyncio.run(walk())


def test_a_stream_that_breaks_sends_the_next_request_elsewhere(models: ScriptedModels) -> None:
    """A provider whose streams break is paused, so that the agent's own retry reaches another."""

    async def walk() -> None:
        pace = RetryTimes(busy_s=60, busiest_s=60)
        async with gateway([provider(models, "cut"), provider(models, "ok")], pace=pace) as opened:
            with opened.gateway.use(role="r", number=1) as run:
                with pytest.raises(Exception, match="not completed"):
                    await ask(run.url, stream=True)
                assert (await ask(run.url, stream=True)).status == 200
        assert [call.provider for call in opened.called] == ["cut", "ok"]

    asyncio.run(walk())


def test_a_provider_whose_streams_all_break_is_asked_less_and_less(models: ScriptedModels) -> None:
    """Its pauses grow although each stream begins; the run says why it has no answer, and when one may come."""

    async def walk() -> None:
        pace = RetryTimes(busy_s=0.05, busiest_s=60, near_s=0.15, patience_s=60)
        async with gateway([provider(models, "cut")], pace=pace) as opened:
            with opened.gateway.use(role="r", number=1) as run:
                for _ in range(12):  # 0.05, 0.1, 0.2 s and on, to 100 s: a slow machine meets the end of some pauses
                    with suppress(aiohttp.ClientPayloadError):
                        refused = await ask(run.url, stream=True)
                        break
                    assert run.refusal is not None
                    assert "cut: its answer broke off" in str(run.refusal)
                    assert run.refusal.wait_s is not None
        assert refused.status != 200
        assert "its answer broke off" in refused.text

    asyncio.run(walk())


def test_the_call_of_our_own_agent_is_the_same_path(models: ScriptedModels) -> None:
    """`call` fails over, counts, and answers with the provider's own document, without a connection to our own server."""

    async def walk() -> None:
        async with gateway([provider(models, "dead"), provider(models, "ok")], pace=QUICK) as opened:
            with opened.gateway.use(role="r", number=3, model="m9") as run:
                answer = await run.call(Wire.OPENAI_CHAT, {"messages": [{"role": "user", "content": "hi"}]})
        assert answer["object"] == "chat.completion"
        assert models.seen[0].body["model"] == "m9"
        assert (run.usage.calls, run.usage.input_tokens, run.usage.retries) == (1, 1000, 1)
        assert opened.called[0].number == 3

    asyncio.run(walk())


@pytest.mark.parametrize("wire", list(Wire))
def test_calls_have_the_headers_of_their_wire(models: ScriptedModels, wire: Wire) -> None:
    """Anthropic requires a version header; headers of other wires are not sent."""

    async def walk() -> None:
        async with gateway([provider(models, "ok", headers={"x-extra": "1"})]) as opened:
            with opened.gateway.use(role="r", number=1, model="m1") as run:
                await run.call(wire, BODIES[wire])
            with pytest.raises(ModelsParked, match="over"):
                await run.call(wire, BODIES[wire])
        [seen] = models.seen
        assert ("anthropic-version" in seen.headers) == (wire is Wire.ANTHROPIC)
        assert seen.headers["x-extra"] == "1"

    asyncio.run(walk())
