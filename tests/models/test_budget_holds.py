"""A budget holds whatever is asked: hostile requests, and a provider that bills all that they allow, on every wire."""

import asyncio
import json
from collections.abc import Mapping
from typing import Any

import pytest
from gateways import BODIES, ask, gateway, provider, request_of
from hypothesis import given
from hypothesis import strategies as st
from scripted_models import ScriptedModels

from overnight.models.budget import BudgetSpent, Reservation, SpendingBudget, SpendingLimit
from overnight.models.estimate import LIMIT_PUT_IN, estimate, with_limit
from overnight.models.provider import PER_MILLION, Price
from overnight.models.relay import ModelRequest
from overnight.models.usage import Wire
from overnight.models.wires.formats import FORMATS

UNLIMITED = 300_000  # tokens that a model writes if nothing limits it
UNSEEN = 150_000  # tokens of input that is out of sight
PRICE = Price(input=1.0, cached=0.1, written=1.25, output=10.0)
LIMIT_NAMES = ("max_tokens", "max_completion_tokens", "max_output_tokens", "maxOutputTokens", "num_predict", "Max_Tokens")
COUNT_NAMES = ("n", "best_of", "candidateCount", "candidate_count")
ODD: tuple[object, ...] = (None, 0, -1, 1, 500, 4096.0, 1e6, "4096", "x", True, 10**9, 10**30, [], {})
IMAGE = {"type": "image_url", "image_url": {"url": "https://x.example/a.png"}}
# Fields that a hostile agent may add to a request, with values; a place below the top is written with dots.
FIELDS: Mapping[Wire, Mapping[str, tuple[object, ...]]] = {
    Wire.OPENAI_CHAT: {
        "max_tokens": ODD,
        "max_completion_tokens": ODD,
        "Max_Tokens": ODD,
        "num_predict": ODD,
        "n": (None, 1, 2, 8, "8", 2.0),
        "best_of": (None, 4),
        "reasoning": ({"max_tokens": 50_000}, {"effort": "high"}),
        "web_search_options": ({},),
        "messages": ([{"role": "user", "content": [IMAGE]}], [{"role": "user", "content": "世" * 3000}]),
        "model": ("m1", "m1:online"),
        "tools": ([{"type": "function", "function": {"name": "f"}}], [{"type": "web_search"}]),
    },
    Wire.OPENAI_RESPONSES: {
        "max_output_tokens": ODD,
        "max_tokens": ODD,
        "previous_response_id": (None, "resp_1"),
        "conversation": (None, "conv_1"),
        "prompt": ({"id": "pmpt_1"},),
        "input": ("x" * 9000, [{"type": "item_reference", "id": "i"}], [{"role": "user", "content": [{"type": "input_file"}]}]),
        "tools": ([{"type": "web_search"}], [{"type": "mcp"}], [{"type": "function", "name": "f"}]),
    },
    Wire.ANTHROPIC: {
        "max_tokens": ODD,
        "thinking": ({"type": "enabled", "budget_tokens": 90_000}, {"type": "adaptive"}),
        "tools": ([{"type": "web_search_20250305", "name": "w"}], [{"name": "f", "input_schema": {}}]),
        "mcp_servers": ([{"url": "https://x.example"}],),
        "container": (None, "container_1"),
        "messages": ([{"role": "user", "content": [{"type": "image", "source": {"type": "url"}}]}],),
    },
    Wire.GEMINI: {
        "generationConfig.maxOutputTokens": ODD,
        "generationConfig.max_output_tokens": ODD,
        "generation_config.max_output_tokens": ODD,
        "generation_config.candidate_count": (None, 1, 8, "8"),
        "generationConfig.candidateCount": (None, 1, 8),
        "generationConfig.thinkingConfig": ({"thinkingBudget": 50_000}, {"thinking_budget": 50_000}, {"thinkingBudget": -1}),
        "cachedContent": (None, "cachedContents/1"),
        "cached_content": (None, "cachedContents/1"),
        "tools": ([{"googleSearch": {}}], [{"functionDeclarations": [{"name": "f"}], "urlContext": {}}]),
        "contents": ([{"parts": [{"fileData": {"fileUri": "gs://x"}}]}],),
    },
}
UNSEEN_SIGNS = [
    "web_search",
    "image",
    "resp_1",
    "conv_1",
    "pmpt_1",
    "item_reference",
    "input_file",
    "mcp",
    "cachedContents",
    "googleSearch",
    "urlContext",
    "fileUri",
    ":online",
    "container_1",
]


def places(value: object) -> list[tuple[str, object]]:
    """Every field of a request, at any depth."""
    found: list[tuple[str, object]] = []
    if isinstance(value, dict):
        found = [*value.items(), *(place for part in value.values() for place in places(part))]
    elif isinstance(value, list):
        found = [place for part in value for place in places(part)]
    return found


def number(value: object) -> float | None:
    """A number as the most lenient provider reads it."""
    try:
        return float(value) if isinstance(value, str | int | float) else None
    except ValueError:
        return None


def most_billed(sent: Mapping[str, Any], model: str) -> tuple[int, int]:
    """Input and output of the provider that bills most: it honours any field, and each in the way that is worst."""
    fields = places(sent)
    limits = [value for name, value in fields if name in LIMIT_NAMES and value is not None]
    read = [number(value) for value in limits]
    sure = [limit for limit in read if limit is not None and limit > 0]
    limit = max(sure) if sure and len(sure) == len(limits) else max([UNLIMITED, *sure])
    counts = [number(value) for name, value in fields if name in COUNT_NAMES]
    thinking: list[float | None] = [number(value) for name, value in fields if name in {"thinkingBudget", "thinking_budget"}]
    thinking += [number(value) for name, value in fields if name == "budget_tokens" and (number(value) or 0) >= limit]
    if isinstance(reasoning := sent.get("reasoning"), dict):
        thinking.append(number(reasoning.get("max_tokens")))
    text = json.dumps(sent, ensure_ascii=False)
    asked = len(text.encode()) + (UNSEEN if any(sign in text + model for sign in UNSEEN_SIGNS) else 0)
    output = (limit + sum(max(0.0, one or 0.0) for one in thinking)) * max([1.0, *(count or 1.0 for count in counts)])
    return asked, int(min(output, 10**7))


@st.composite
def requests(draw: st.DrawFn, wire: Wire) -> dict[str, Any]:
    """A request with some hostile fields."""
    body: dict[str, Any] = json.loads(json.dumps(BODIES[wire]))
    for place in draw(st.lists(st.sampled_from(sorted(FIELDS[wire])), max_size=4, unique=True)):
        *above, name = place.split(".")
        part = body
        for step in above:
            part = part.setdefault(step, {})
        part[name] = draw(st.sampled_from(FIELDS[wire][place]))
    return body


def request(wire: Wire, body: Mapping[str, Any]) -> ModelRequest:
    """A request as a run makes it."""
    form = FORMATS[wire]
    summary = form.read_request(body)
    return ModelRequest(
        wire=form, body=body, model=summary.model, stream=False, most_output=summary.most_output, single=summary.single
    )


@pytest.mark.parametrize("wire", list(Wire))
@pytest.mark.parametrize("money", [False, True])
@given(data=st.data())
def test_a_budget_is_exceeded_by_one_call_at_most(wire: Wire, money: bool, data: st.DataObject) -> None:
    """Any number of calls at once, ended in any order, each billed as much as the request allows as it is sent."""
    tokens = data.draw(st.integers(min_value=1000, max_value=3_000_000))
    limit = SpendingLimit(cost_usd=tokens * 5 / PER_MILLION) if money else SpendingLimit(tokens=tokens)
    bodies = data.draw(st.lists(requests(wire), min_size=2, max_size=12))

    async def walk() -> None:
        budget = SpendingBudget(limit)
        under_way: list[tuple[ModelRequest, Reservation]] = []
        bills: list[float] = []

        async def call(body: Mapping[str, Any]) -> None:
            sent = with_limit(request(wire, body))
            try:
                reservation = await budget.reserve(estimate(sent, len(json.dumps(body)), [PRICE]))
            except BudgetSpent:
                return
            under_way.append((sent, reservation))

        calls = [asyncio.ensure_future(call(body)) for body in bodies]
        while under_way or not all(one.done() for one in calls):
            for _ in range(3):
                await asyncio.sleep(0)
            if not under_way:
                continue
            sent, reservation = under_way.pop(data.draw(st.integers(min_value=0, max_value=len(under_way) - 1)))
            form = sent.wire
            asked, output = most_billed(
                dict(form.build_request(sent.body, model=sent.model, stream=False).body or {}), sent.model
            )
            usd = PRICE.cost_usd(input_tokens=asked, cached_tokens=0, written_tokens=asked, output_tokens=output)
            bills.append(usd if money else asked + output)
            reservation.settle(tokens=asked + output, cost_usd=usd)
        allowed = tokens * 5 / PER_MILLION if money else tokens
        assert sum(bills) <= allowed + max(bills, default=0.0) + 1e-9

    asyncio.run(walk())


@pytest.mark.parametrize("odd", [{}, {"max_tokens": 4096.0}, {"max_tokens": "1"}, {"max_tokens": -1}, {"n": 3},
                                 {"max_tokens": 10, "max_completion_tokens": 48_000}], ids=str)  # fmt: skip
def test_twenty_calls_at_once_exceed_a_budget_by_one_answer(models: ScriptedModels, odd: dict[str, Any]) -> None:
    """Over HTTP: calls whose answers nothing limits go out one at a time, and the second may find the budget spent."""

    async def walk() -> None:
        answers = {"choices": [{"message": {"content": "x"}}], "usage": {"prompt_tokens": 16, "completion_tokens": 48_000}}
        models.canned("large", answers)
        async with gateway([provider(models, "large")], allowance=SpendingLimit(tokens=100_000)) as opened:
            with opened.gateway.use(role="r", number=1) as run:
                statuses = await asyncio.gather(*(ask(run.url, **odd) for _ in range(20)))
        assert sum(call.usage.tokens for call in opened.called) <= 100_000 + 48_016
        assert {got.status for got in statuses} == {200, 403}

    asyncio.run(walk())


@pytest.mark.parametrize("wire", [Wire.OPENAI_RESPONSES, Wire.GEMINI])
def test_a_limit_is_put_in_if_the_budget_is_limited(models: ScriptedModels, wire: Wire) -> None:
    """An agent that names no limit gets one that hardly any answer reaches; its own stays; without a budget nothing changes."""

    async def walk() -> None:
        own: dict[str, Any] = (
            {"max_output_tokens": 7} if wire is Wire.OPENAI_RESPONSES else {"generation_config": {"max_output_tokens": 7}}
        )
        for allowance in (SpendingLimit(tokens=10**7), SpendingLimit()):
            async with gateway([provider(models, "ok")], allowance=allowance) as opened:
                with opened.gateway.use(role="r", number=1) as run:
                    assert (await ask(run.url, wire)).status == 200
                    assert (await ask(run.url, wire, **own)).status == 200
        limited, named, plain, named_too = [json.dumps(seen.body) for seen in models.seen]
        assert str(LIMIT_PUT_IN) in limited
        assert json.loads(named) == json.loads(named_too) == {**BODIES[wire], **own}
        assert json.loads(plain) == BODIES[wire]

    asyncio.run(walk())


def test_a_provider_that_refuses_the_limit_is_asked_without_it(models: ScriptedModels) -> None:
    """The agent gets its answer; it did not ask for the limit."""

    async def walk() -> None:
        models.refused_word = "max_output_tokens"
        async with gateway([provider(models, "ok")], allowance=SpendingLimit(tokens=10**7)) as opened:
            with opened.gateway.use(role="r", number=1) as run:
                assert (await ask(run.url, Wire.OPENAI_RESPONSES)).status == 200
                refused = await ask(run.url, Wire.OPENAI_RESPONSES, max_output_tokens=9)
                assert refused.status == 400  # its own limit is its own business
        assert ["max_output_tokens" in seen.body for seen in models.seen] == [True, False, True]
        assert run.usage.calls == 1

    asyncio.run(walk())


@pytest.mark.parametrize("field", ["service_tier", "speed", "models", "fallbacks"])
def test_a_budget_in_dollars_takes_no_surcharge(models: ScriptedModels, field: str) -> None:
    """A field that changes the price is refused by its name, if money is limited; the usual tiers pass."""

    async def walk() -> None:
        more: dict[str, Any] = {field: ["m2"] if field in {"models", "fallbacks"} else "priority"}
        for allowance, status in ((SpendingLimit(cost_usd=1.0), 400), (SpendingLimit(tokens=10**6), 200)):
            async with gateway([provider(models, "ok")], allowance=allowance) as opened:
                with opened.gateway.use(role="r", number=1) as run:
                    got = await ask(run.url, **more)
                    assert got.status == status
                    assert (f"`{field}`" in got.text) is (status == 400)
                    assert (await ask(run.url, service_tier="auto")).status == 200

    asyncio.run(walk())


def test_usual_agents_run_side_by_side() -> None:
    """In a budget of two million tokens ten agents of each wire call at once, each with 40 kB of code and its usual limit."""
    code = "def f(x):\n    return x + 1\n" * 1500
    usual: list[tuple[Wire, dict[str, Any]]] = [
        (Wire.OPENAI_CHAT, {"max_completion_tokens": 32_000, "messages": [{"role": "user", "content": code}]}),
        (
            Wire.OPENAI_RESPONSES,
            {"input": [{"type": "message", "role": "user", "content": [{"type": "input_text", "text": code}]}]},
        ),
        (Wire.ANTHROPIC, {"max_tokens": 32_000, "messages": [{"role": "user", "content": [{"type": "text", "text": code}]}]}),
        (Wire.GEMINI, {"contents": [{"role": "user", "parts": [{"text": code}]}]}),
    ]

    async def walk(wire: Wire, more: dict[str, Any]) -> None:
        budget = SpendingBudget(SpendingLimit(tokens=2_000_000))
        _, body = request_of(wire, **more)
        sent = with_limit(request(wire, body))
        async with asyncio.timeout(10):
            held = [await budget.reserve(estimate(sent, len(json.dumps(body)), [PRICE])) for _ in range(10)]
        assert all(one.fits for one in held)

    for wire, more in usual:
        asyncio.run(walk(wire, more))
