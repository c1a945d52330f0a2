"""An answer that is not read to its end is paid for: by what was said, seen, and possible in the time."""

import asyncio
import json
from contextlib import suppress
from typing import Any

import aiohttp
import pytest
from gateways import PRICES, gateway, request_of

from overnight.models import call
from overnight.models.provider import Prices, Provider
from overnight.models.stream import KEPT_BYTES, Expected, Shape, StreamMeter
from overnight.models.usage import Usage, Wire
from overnight.models.wires.formats import FORMATS
from overnight.testing.waiting import until

WIRES = pytest.mark.parametrize("wire", list(Wire))
LIMIT = 5000
LIMITED: dict[Wire, dict[str, Any]] = {
    Wire.OPENAI_CHAT: {"max_tokens": LIMIT},
    Wire.OPENAI_RESPONSES: {"max_output_tokens": LIMIT},
    Wire.ANTHROPIC: {"max_tokens": LIMIT},
    Wire.GEMINI: {"generationConfig": {"maxOutputTokens": LIMIT}},
}
SAID = "word " * 80  # 100 tokens
# A piece with words and no counts; one with counts of the beginning, by providers that count as they go.
WORDS: dict[Wire, dict[str, Any]] = {
    Wire.OPENAI_CHAT: {"choices": [{"index": 0, "delta": {"content": SAID}, "finish_reason": None}]},
    Wire.OPENAI_RESPONSES: {"type": "response.output_text.delta", "delta": SAID},
    Wire.ANTHROPIC: {"type": "content_block_delta", "delta": {"type": "text_delta", "text": SAID}},
    Wire.GEMINI: {"candidates": [{"content": {"parts": [{"text": SAID}]}}]},
}
COUNTED: dict[Wire, dict[str, Any]] = {
    Wire.OPENAI_CHAT: {**WORDS[Wire.OPENAI_CHAT], "usage": {"prompt_tokens": 70, "completion_tokens": 3, "total_tokens": 573}},
    Wire.OPENAI_RESPONSES: {"type": "response.in_progress", "response": {"usage": {"input_tokens": 70, "output_tokens": 503}}},
    Wire.ANTHROPIC: {"type": "message_start", "message": {"usage": {"input_tokens": 70, "output_tokens": 503}}},
    Wire.GEMINI: {
        **WORDS[Wire.GEMINI],
        "usageMetadata": {"promptTokenCount": 70, "candidatesTokenCount": 3, "thoughtsTokenCount": 500},
    },
}


def event(document: dict[str, Any]) -> bytes:
    """An event of a stream."""
    return b"data: " + json.dumps(document).encode() + b"\n\n"


def used(wire: Wire, piece: bytes, *, key_env: str = "KEY", prices: Prices | None = None) -> Usage:
    """What is counted of a call whose client hangs up when it has got this piece, or before any."""
    known = {"environment": {"KEY": "sk-0123456789abcdef"}, "prices": prices or Prices()}

    async def walk() -> Usage:
        asked, end = asyncio.Event(), asyncio.Event()

        async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            await reader.readuntil(b"\r\n\r\n")
            asked.set()
            if piece:
                writer.write(b"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nConnection: close\r\n\r\n" + piece)
            await end.wait()
            writer.close()

        upstream = await asyncio.start_server(answer, "127.0.0.1", 0)
        base_url = f"http://127.0.0.1:{upstream.sockets[0].getsockname()[1]}"
        own = Provider(name="own", base_url=base_url, wires=tuple(Wire), key_env=key_env)
        async with upstream, gateway([own], **known) as opened:
            with opened.gateway.use(role="r", number=1) as run:
                path, body = request_of(wire, stream=True, **LIMITED[wire])

                async def client() -> None:
                    async with aiohttp.ClientSession() as session, session.post(run.url + path, json=body) as response:
                        await response.content.readany()

                asking = asyncio.ensure_future(client())
                await asked.wait()
                if piece:
                    await asking
                else:
                    asking.cancel()
                    with suppress(asyncio.CancelledError):
                        await asking
                await until(lambda: run.usage.calls)
            end.set()
        assert [one.usage for one in opened.called] == [run.usage]
        return run.usage

    return asyncio.run(walk())


@WIRES
@pytest.mark.parametrize("pieces", [{}, WORDS, COUNTED], ids=["nothing", "words", "counts"])
def test_a_client_that_hangs_up_pays_for_the_time(wire: Wire, pieces: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """As much as a model writes in it, up to the request's own limit: a first piece does not make an answer cheap."""
    monkeypatch.setattr(call, "TOKENS_PER_S", 1e12)
    usage = used(wire, event(pieces[wire]) if pieces else b"")
    assert (usage.output_tokens, usage.estimated) == (LIMIT, 1)


def test_a_free_server_that_sent_nothing_wrote_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    """It may have had the call wait behind others: only the request counts, marked, and says nothing of its speed.

    Its words count as those of any other; so does a call to a server that needs no key and has a price.
    """
    monkeypatch.setattr(call, "TOKENS_PER_S", 1e12)
    usage = used(Wire.OPENAI_CHAT, b"", key_env="")
    assert (usage.calls, usage.estimated, usage.output_tokens) == (1, 1, 0)
    assert usage.input_tokens > 0
    assert (usage.output_tokens_per_s, usage.mean_first_token_s) == (None, None)
    piece = event(WORDS[Wire.OPENAI_CHAT])
    assert used(Wire.OPENAI_CHAT, piece, key_env="").output_tokens == LIMIT
    assert used(Wire.OPENAI_CHAT, b"", key_env="", prices=PRICES).output_tokens == LIMIT


def test_estimated_calls_say_nothing_of_the_speed(monkeypatch: pytest.MonkeyPatch) -> None:
    """Of a sum, the speed is of the calls that their providers counted, and the first token of those that had one."""
    monkeypatch.setattr(call, "TOKENS_PER_S", 1e12)
    counted = Usage(calls=1, output_tokens=100, seconds=2.0, first_token_s=0.5)
    total = counted + used(Wire.OPENAI_CHAT, b"")
    assert (total.calls, total.estimated, total.output_tokens) == (2, 1, LIMIT + 100)
    assert (total.output_tokens_per_s, total.mean_first_token_s) == (50.0, 0.5)


@WIRES
@pytest.mark.parametrize(("pieces", "asked", "output"), [(WORDS, None, 100), (COUNTED, 70, 503)], ids=["words", "counts"])
def test_a_client_that_hangs_up_pays_for_what_came(
    wire: Wire, pieces: Any, asked: int | None, output: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """For the words, or for what the provider counted so far, thoughts included, whichever is more."""
    monkeypatch.setattr(call, "TOKENS_PER_S", 0.0)
    usage = used(wire, event(pieces[wire]))
    assert (usage.output_tokens, usage.estimated) == (output, 1)
    assert asked in {None, usage.input_tokens}


def test_thoughts_that_only_one_chunk_counts_are_kept() -> None:
    """Gemini's later chunks may leave them out; the words go on."""
    meter = StreamMeter(FORMATS[Wire.GEMINI], Shape.EVENTS)
    for said in ({"thoughtsTokenCount": 500, "candidatesTokenCount": 3}, {"candidatesTokenCount": 200}):
        meter.feed(event({"candidates": [{"finishReason": "STOP"}], "usageMetadata": {"promptTokenCount": 7, **said}}))
    meter.end()
    counts, exact = meter.settle(Expected(input_tokens=1))
    assert (counts.all_output, exact) == (700, True)


def test_the_end_of_one_of_several_answers_is_not_the_end() -> None:
    """Who asked for several and leaves after the first pays for the time that the others had."""
    meter = StreamMeter(FORMATS[Wire.GEMINI], Shape.EVENTS)
    meter.feed(event({"candidates": [{"finishReason": "STOP"}], "usageMetadata": {"candidatesTokenCount": 20}}))
    assert meter.settle(Expected(input_tokens=1, answer=900, single=False))[0].all_output == 900
    assert meter.settle(Expected(input_tokens=1, answer=900))[0].all_output == 20


USAGE: dict[Wire, tuple[str, str, str]] = {  # where counts stand, and the names of input and output
    Wire.OPENAI_CHAT: ("usage", "prompt_tokens", "completion_tokens"),
    Wire.OPENAI_RESPONSES: ("usage", "input_tokens", "output_tokens"),
    Wire.ANTHROPIC: ("usage", "input_tokens", "output_tokens"),
    Wire.GEMINI: ("usageMetadata", "promptTokenCount", "candidatesTokenCount"),
}
WHOLE: dict[Wire, dict[str, Any]] = {
    Wire.OPENAI_CHAT: {"choices": [{"message": {"role": "assistant", "content": SAID * 10}}]},
    Wire.OPENAI_RESPONSES: {"output": [{"type": "message", "content": [{"type": "output_text", "text": SAID * 10}]}]},
    Wire.ANTHROPIC: {"type": "message", "content": [{"type": "text", "text": SAID * 10}]},
    Wire.GEMINI: {"candidates": [{"content": {"parts": [{"text": SAID * 10}]}, "finishReason": "STOP"}]},
}


@WIRES
@pytest.mark.parametrize("shape", [Shape.WHOLE, Shape.EVENTS])
@pytest.mark.parametrize("lie", [None, -1, 0, 1, 10**9, 10**30, 1.5, "many", [], {}], ids=str)
def test_counts_that_cannot_be_true_are_not_believed(wire: Wire, shape: Shape, lie: Any) -> None:
    """Missing, negative, absurd or far below what was plainly seen: what was seen is counted, and marked."""
    place, asked, wrote = USAGE[wire]
    document = {**WHOLE[wire], **({} if lie is None else {place: {asked: 50, wrote: lie}})}
    meter = StreamMeter(FORMATS[wire], shape)
    if shape is Shape.WHOLE:
        meter.feed(json.dumps(document).encode())
    else:
        for _ in range(10):
            meter.feed(event(WORDS[wire]))
        meter.feed(event({key: value for key, value in document.items() if key == place}))
    meter.end()
    counts, exact = meter.settle(Expected(input_tokens=40))
    assert 1000 <= counts.all_output <= 1020
    assert counts.input_tokens in {40, 50}
    assert not exact


@WIRES
def test_a_request_that_costs_nothing_is_not_believed(wire: Wire) -> None:
    """A provider that counts far fewer tokens than a text of that length has."""
    place, asked, wrote = USAGE[wire]
    meter = StreamMeter(FORMATS[wire], Shape.WHOLE)
    meter.feed(json.dumps({place: {asked: 3, wrote: 4}}).encode())
    meter.end()
    counts, exact = meter.settle(Expected(input_tokens=25_000, least_input=1500))
    assert (counts.input_tokens, counts.all_output, exact) == (25_000, 4, False)


@WIRES
def test_sealed_thoughts_are_seen(wire: Wire) -> None:
    """What is hidden from the client comes in a sealed form, whose length counts if nothing else does."""
    sealed = "s" * 4000
    events: dict[Wire, dict[str, Any]] = {
        Wire.OPENAI_CHAT: {"choices": [{"delta": {"reasoning_details": [{"type": "reasoning.encrypted", "data": sealed}]}}]},
        Wire.OPENAI_RESPONSES: {
            "type": "response.output_item.done",
            "item": {"type": "reasoning", "encrypted_content": sealed},
        },
        Wire.ANTHROPIC: {"type": "content_block_start", "content_block": {"type": "redacted_thinking", "data": sealed}},
        Wire.GEMINI: {"candidates": [{"content": {"parts": [{"thoughtSignature": sealed}]}}]},
    }
    meter = StreamMeter(FORMATS[wire], Shape.EVENTS)
    meter.feed(event(events[wire]))
    assert 1000 <= meter.settle(Expected(input_tokens=1))[0].all_output <= 1010


@WIRES
def test_deep_and_endless_pieces_are_settled(wire: Wire) -> None:
    """Nested a hundred thousand times, or beyond what is kept: an estimate, never an exception that would hold a budget."""
    meter = StreamMeter(FORMATS[wire], Shape.EVENTS)
    meter.feed(b'data: {"usage": ' + b"[" * 100_000 + b"\n\n")
    one = event(WORDS[wire])
    for _ in range(2 * KEPT_BYTES // len(one)):
        meter.feed(one)
    counts, exact = meter.settle(Expected(input_tokens=1))
    assert not exact
    assert counts.all_output > 1.5 * KEPT_BYTES / len(one) * 100
