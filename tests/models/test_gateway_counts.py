"""Counting: what passes through is passed on unchanged and counted as its provider counts it."""

import asyncio
import gzip
import json
import zlib
from typing import Any

import aiohttp
import pytest
from gateways import BODIES, PRICES, ask, gateway, post, provider, request_of
from scripted_models import CACHED, OUTPUT, Reply, ScriptedModels, input_tokens

from overnight.models.provider import Provider
from overnight.models.usage import Wire
from overnight.testing.waiting import until

SHELL = {"type": "object", "properties": {"command": {"type": "string"}}, "required": ["command"]}
WIRES = pytest.mark.parametrize("wire", list(Wire))
BOTH = pytest.mark.parametrize("stream", [False, True])


@WIRES
@BOTH
def test_counts_are_the_truth(models: ScriptedModels, wire: Wire, stream: bool) -> None:
    """Input including cached tokens, cached tokens, and output including reasoning: on every wire, streamed or not."""

    async def walk() -> None:
        async with gateway([provider(models, "ok")], prices=PRICES) as opened:
            with opened.gateway.use(role="explorer", number=7) as run:
                assert (await ask(run.url, wire, stream=stream)).status == 200
                assert (await ask(run.url, wire, stream=stream)).status == 200
        assert run.usage.calls == 2
        assert run.usage.input_tokens == 2 * input_tokens(0)
        assert run.usage.cached_tokens == 2 * CACHED
        assert run.usage.output_tokens == 2 * OUTPUT
        assert run.usage.retries == run.usage.estimated == 0
        assert 0 < run.usage.first_token_s <= run.usage.seconds
        assert [(call.number, call.role, call.provider, call.model) for call in opened.called] == [
            (7, "explorer", "ok", "m1")
        ] * 2
        assert sum((call.usage for call in opened.called[1:]), opened.called[0].usage) == run.usage
        written = 100 if wire is Wire.ANTHROPIC else 0
        dollars = ((1000 - CACHED - written) * 10 + CACHED * 1 + written * 12 + OUTPUT * 100) / 1e6
        assert run.usage.cost_usd == pytest.approx(2 * dollars)

    asyncio.run(walk())


@WIRES
def test_a_turn_with_a_tool_adds_up(models: ScriptedModels, wire: Wire) -> None:
    """Two requests of an agent, the second with a tool's result, are 2,200 tokens in, 800 of them cached, and 100 out."""
    tools = {
        Wire.OPENAI_CHAT: [{"type": "function", "function": {"name": "bash", "parameters": SHELL}}],
        Wire.OPENAI_RESPONSES: [{"type": "function", "name": "bash", "parameters": SHELL}],
        Wire.ANTHROPIC: [{"name": "bash", "input_schema": SHELL}],
        Wire.GEMINI: [{"functionDeclarations": [{"name": "bash", "parameters": SHELL}]}],
    }[wire]
    result: dict[Wire, dict[str, Any]] = {
        Wire.OPENAI_CHAT: {"messages": [{"role": "tool", "content": "done", "tool_call_id": "call-1"}]},
        Wire.OPENAI_RESPONSES: {"input": [{"type": "function_call_output", "call_id": "call-1", "output": "done"}]},
        Wire.ANTHROPIC: {"messages": [{"role": "user", "content": [{"type": "tool_result", "tool_use_id": "t"}]}]},
        Wire.GEMINI: {"contents": [{"parts": [{"functionResponse": {"name": "bash", "response": {}}}]}]},
    }

    async def walk() -> None:
        models.command = "echo 1"
        async with gateway([provider(models, "ok")]) as opened:
            with opened.gateway.use(role="r", number=1) as run:
                first = await ask(run.url, wire, tools=tools)
                second = await ask(run.url, wire, tools=tools, **result[wire])
        assert "echo 1" in first.text
        assert models.text in second.text
        assert (run.usage.input_tokens, run.usage.cached_tokens, run.usage.output_tokens) == (2200, 800, 100)

    asyncio.run(walk())


@WIRES
@BOTH
def test_the_answer_is_passed_on_whole(models: ScriptedModels, wire: Wire, stream: bool) -> None:
    """An agent reads byte for byte what its provider wrote, in the provider's own content type."""

    async def walk() -> None:
        path, body = request_of(wire, stream=stream)
        if wire is Wire.OPENAI_CHAT and stream:
            body["stream_options"] = {"include_usage": True}
        direct = await post(models.url("ok") + path, body)
        models.asked.clear()  # identifiers count from one again
        async with gateway([provider(models, "ok")]) as opened:
            with opened.gateway.use(role="r", number=1) as run:
                through = await post(run.url + path, body)
        assert through.text == direct.text
        assert through.headers["Content-Type"] == direct.headers["Content-Type"]

    asyncio.run(walk())


def test_the_counts_that_only_we_asked_for_are_taken_out(models: ScriptedModels) -> None:
    """The agent's chat stream ends as if no counts had been requested; an agent that requested them gets them."""

    async def walk() -> None:
        async with gateway([provider(models, "ok")]) as opened:
            with opened.gateway.use(role="r", number=1) as run:
                silent = await ask(run.url, stream=True)
                curious = await ask(run.url, stream=True, stream_options={"include_usage": True})
        assert models.seen[0].body["stream_options"] == {"include_usage": True}
        assert '"usage"' not in silent.text
        assert '"choices": []' not in silent.text
        assert silent.text.endswith("data: [DONE]\n\n")
        assert "\n\n\n" not in silent.text
        assert '"usage"' in curious.text
        assert run.usage.input_tokens == 2000

    asyncio.run(walk())


def test_a_gemini_stream_without_events_is_an_array(models: ScriptedModels) -> None:
    """Without `alt=sse` a Gemini client gets one JSON array, which is counted too."""

    async def walk() -> None:
        async with gateway([provider(models, "ok")]) as opened:
            with opened.gateway.use(role="r", number=1) as run:
                got = await post(f"{run.url}/v1beta/models/m1:streamGenerateContent", BODIES[Wire.GEMINI])
        assert got.headers["Content-Type"] == "application/json"
        assert [chunk["responseId"] for chunk in got.document] == ["resp-1", "resp-1"]
        assert run.usage.output_tokens == OUTPUT

    asyncio.run(walk())


@WIRES
def test_a_stream_that_breaks_is_an_estimate_and_breaks_for_the_agent_too(models: ScriptedModels, wire: Wire) -> None:
    """Half an answer is settled by what was received, marked as an estimate, and the agent's connection breaks as well."""

    async def walk() -> None:
        models.text = "word " * 2000
        async with gateway([provider(models, "cut")]) as opened:
            with opened.gateway.use(role="r", number=1) as run:
                with pytest.raises(aiohttp.ClientPayloadError):
                    await ask(run.url, wire, stream=True)
                await until(lambda: run.usage.calls)
        assert run.usage.estimated == 1
        assert run.usage.input_tokens > 0
        assert opened.called[0].usage == run.usage

    asyncio.run(walk())


def test_an_estimate_goes_by_the_words_that_came(models: ScriptedModels) -> None:
    """The output of a broken stream counts as one token per four characters that the model wrote."""
    event = b'data: {"choices": [{"index": 0, "delta": {"content": "' + b"word " * 80 + b'"}}]}\n\n'

    async def walk() -> None:
        models.replies["broken"] = Reply(headers={"Content-Type": "text/event-stream"}, body=event * 3, cut=True)
        async with gateway([provider(models, "broken")]) as opened:
            with opened.gateway.use(role="r", number=1) as run:
                with pytest.raises(aiohttp.ClientPayloadError):
                    await ask(run.url, stream=True)
                await until(lambda: run.usage.calls)
        assert run.usage.output_tokens == 300

    asyncio.run(walk())


def test_an_answer_without_counts_is_an_estimate(models: ScriptedModels) -> None:
    """Calls to a server that counts nothing are not free."""

    async def walk() -> None:
        models.replies["mute"] = Reply(body=b'{"choices": [{"message": {"content": "' + b"x" * 400 + b'"}}]}')
        async with gateway([provider(models, "mute")]) as opened:
            with opened.gateway.use(role="r", number=1) as run:
                assert (await ask(run.url)).status == 200
        assert run.usage.estimated == 1
        assert run.usage.output_tokens >= 100

    asyncio.run(walk())


def test_a_client_that_goes_away_is_counted(models: ScriptedModels) -> None:
    """A client that disconnects before the answer is still charged."""

    async def walk() -> None:
        async with gateway([provider(models, "hang")]) as opened:
            with opened.gateway.use(role="r", number=1) as run:
                asking = asyncio.ensure_future(ask(run.url))
                await until(lambda: models.seen)
                assert run.idle_s == 0.0
                asking.cancel()
                await until(lambda: run.usage.calls)
                assert run.usage.estimated == 1
                assert run.usage.input_tokens > 0
                await until(lambda: run.idle_s > 0)

    asyncio.run(walk())


@pytest.mark.parametrize("encoding", ["gzip", "deflate"])
def test_compressed_requests_are_understood(models: ScriptedModels, encoding: str) -> None:
    """A body may be compressed with gzip or deflate; the provider gets it plain and is asked for a plain answer."""

    async def walk() -> None:
        raw = json.dumps(BODIES[Wire.OPENAI_CHAT]).encode()
        packed = gzip.compress(raw) if encoding == "gzip" else zlib.compress(raw)
        async with gateway([provider(models, "ok")]) as opened:
            with opened.gateway.use(role="r", number=1) as run:
                got = await post(f"{run.url}/v1/chat/completions", packed, {"Content-Encoding": encoding})
        assert got.status == 200
        assert models.seen[0].body == BODIES[Wire.OPENAI_CHAT]
        assert models.seen[0].headers["accept-encoding"] == "identity"

    asyncio.run(walk())


def test_model_names_are_the_providers(models: ScriptedModels) -> None:
    """The program's model overrides the agent's, and each provider gets its own name for it, in Gemini's path too."""

    async def walk() -> None:
        plain = provider(models, "ok", models={"big": "vendor/big-2"})
        async with gateway([plain]) as opened:
            with opened.gateway.use(role="r", number=1, model="big") as run:
                assert run.model == "big"
                await ask(run.url)
                await ask(run.url, Wire.GEMINI)
        assert models.seen[0].body["model"] == "vendor/big-2"
        assert models.seen[1].path == "/v1beta/models/vendor%2Fbig-2:generateContent"
        assert [call.model for call in opened.called] == ["vendor/big-2"] * 2
        async with gateway([provider(models, "ok", model="only")]) as opened:
            with opened.gateway.use(role="r", number=1) as run:
                await ask(run.url)
        assert models.seen[2].body["model"] == "only"

    asyncio.run(walk())


def test_base_urls_may_or_may_not_hold_the_version(models: ScriptedModels) -> None:
    """A base URL works with and without `/v1`, and so do the URLs that agents build from ours."""

    async def walk() -> None:
        bases: list[Provider] = [
            provider(models, "ok", base_url=models.url("ok") + ending) for ending in ("", "/", "/v1", "/v1/")
        ]
        for one in bases:
            async with gateway([one]) as opened:
                with opened.gateway.use(role="r", number=1) as run:
                    for ending in ("/v1/chat/completions", "/chat/completions", "/v1/v1/chat/completions"):
                        assert (await post(run.url + ending, BODIES[Wire.OPENAI_CHAT])).status == 200
        assert {seen.path for seen in models.seen} == {"/v1/chat/completions"}

    asyncio.run(walk())


def test_questions_beside_the_calls_are_not_counted(models: ScriptedModels) -> None:
    """Model lists and token counts come from the provider, or from us if it has none, and cost nothing."""

    async def walk() -> None:
        text = {"model": "m1", "messages": [{"role": "user", "content": "x" * 400}]}
        async with gateway([provider(models, "ok")]) as opened:
            with opened.gateway.use(role="r", number=1) as run:
                assert (await post(run.url + "/v1/models", b"", method="GET")).document["data"][0]["id"] == "scripted"
                assert (await post(run.url + "/v1/messages/count_tokens", text)).document["input_tokens"] == 321
                assert (await post(run.url, b"", method="GET")).status == 200
                assert (await post(run.url + "/", b"", method="HEAD")).status == 200
            with opened.gateway.use(role="r", number=2, model="mine") as named:
                assert [
                    entry["id"] for entry in (await post(named.url + "/v1/models", b"", method="GET")).document["data"]
                ] == ["mine"]
        async with gateway([provider(models, "dead")]) as closed:
            with closed.gateway.use(role="r", number=1) as alone:
                assert (await post(alone.url + "/v1/models", b"", method="GET")).document["data"] == []
                assert (await post(alone.url + "/v1/messages/count_tokens", text)).document["input_tokens"] > 100
        assert run.usage.calls == alone.usage.calls == 0
        assert not opened.called

    asyncio.run(walk())
