"""`ask` on each wire, through the real gateway to a scripted provider."""

import ast
import asyncio
import base64
import contextlib
import io
import json
import struct
import zlib
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from gateways import gateway, provider
from scripted_models import Reply, ScriptedModels
from scripted_run import FakeRun
from wire_answers import COUNTS, everything, wire_answer

from overnight.models.asking.ask import Answer, ask
from overnight.models.asking.bounds import CALLS
from overnight.models.asking.form import Ending
from overnight.models.asking.messages import AssistantMessage, Message, UserMessage
from overnight.models.asking.tools import BadCall, Call, Tool
from overnight.models.budget import SpendingLimit
from overnight.models.pictures import Picture, read_picture
from overnight.models.port import ModelsParked, RequestRefused
from overnight.models.usage import Wire
from overnight.models.wires.formats import FORMATS

WIRES = pytest.mark.parametrize("wire", list(Wire))


@dataclass(frozen=True, slots=True, kw_only=True)
class Weather:
    """A question about the weather."""

    city: str
    days: int = 1


@dataclass(frozen=True, slots=True, kw_only=True)
class Now:
    """A question without details."""


WEATHER = Tool(name="weather", about="Says how the weather will be.", input=Weather)
CLOCK = Tool(name="clock", about="Says what time it is.", input=Now)
TOOLS = [WEATHER, CLOCK]
HELLO = [UserMessage(text="hello")]


def png(width: int = 3, height: int = 2) -> Picture:
    """A sound picture, all black."""

    def chunk(kind: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    head = struct.pack(">IIBBBBB", width, height, 8, 0, 0, 0, 0)
    rows = zlib.compress(b"".join(b"\0" + bytes(width) for _ in range(height)))
    made = read_picture(b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + chunk(b"IDAT", rows) + chunk(b"IEND", b""))
    assert isinstance(made, Picture)
    return made


def talk(models: ScriptedModels, wire: Wire, reply: Any, messages: Sequence[Message] = HELLO, **more: Any) -> Answer[Any]:
    """What comes of one question, if a provider of this wire answers so."""
    models.canned("here", reply)
    return asyncio.run(asked([provider(models, "here", wires=(wire,))], messages, **more))


async def asked(
    providers: Any, messages: Sequence[Message] = HELLO, *, allowance: SpendingLimit | None = None, **more: Any
) -> Answer[Any]:
    """The answer of the first provider that gives one."""
    async with gateway(providers, allowance=allowance or SpendingLimit()) as opened:
        with opened.gateway.use(role="r", number=1, model="m1") as run:
            await asyncio.sleep(0)  # one turn of the event loop, which every piece of work takes
            answer: Answer[Any] = await ask(run, messages, **more)
            return answer


@WIRES
def test_words_come_back(models: ScriptedModels, wire: Wire) -> None:
    """With the counts and the model that the provider names; the message goes into the next request."""
    answer = talk(models, wire, wire_answer(wire, "Hello!"), system="be kind", most_output=99)
    assert (answer.text, answer.ending, answer.wire, answer.model) == ("Hello!", Ending.END, wire, "m-1")
    assert answer.usage is not None and (answer.usage.input_tokens, answer.usage.output_tokens) == COUNTS
    assert answer.message == AssistantMessage(text="Hello!", calls=[])
    sent = models.seen[-1].body
    assert "be kind" in everything(sent) and 99 in everything(sent) and "tools" not in sent
    talk(models, wire, wire_answer(wire, "Bye!"), [*HELLO, answer.message, UserMessage(text="go")])
    said = [value for value in everything(models.seen[-1].body) if value in ("hello", "Hello!", "go")]
    assert said == ["hello", "Hello!", "go"]


@WIRES
def test_a_call_comes_back_typed(models: ScriptedModels, wire: Wire) -> None:
    """As an instance of the tool's type; what is left out has its default."""
    answer = talk(models, wire, wire_answer(wire, "", [("c1", "weather", {"city": "Rome"})]), tools=TOOLS)
    [call] = answer.calls
    assert isinstance(call, Call)
    assert (call.tool, call.input, answer.ending) == (WEATHER, Weather(city="Rome"), Ending.TOOL)


@WIRES
def test_two_calls_and_their_results_go_back(models: ScriptedModels, wire: Wire) -> None:
    """Each under its own id and name, in order, and the wire's next request has both results."""
    calls = [("c1", "weather", {"city": "Rome", "days": 2}), ("c2", "clock", {})]
    answer = talk(models, wire, wire_answer(wire, "I look.", calls), tools=TOOLS)
    assert [call.input for call in answer.calls if isinstance(call, Call)] == [Weather(city="Rome", days=2), Now()]
    results = [call.result(f"result {n}") for n, call in enumerate(answer.calls) if isinstance(call, Call)]
    last = talk(models, wire, wire_answer(wire, "It rains."), [*HELLO, answer.message, *results], tools=TOOLS)
    assert last.ending is Ending.END
    whole = list(everything(models.seen[-1].body))
    assert [value for value in whole if value in ("result 0", "result 1")] == ["result 0", "result 1"]
    ids = ["weather", "clock"] if wire is Wire.GEMINI else ["c1", "c2"]
    assert all(whole.count(id_) >= 2 for id_ in ids)


@WIRES
def test_the_gateway_knows_what_a_request_costs_at_most(models: ScriptedModels, wire: Wire) -> None:
    """With all that a question may have: so calls of a limited budget run side by side."""
    called = talk(models, wire, wire_answer(wire, "", [("c1", "weather", {"city": "Rome"})]), tools=TOOLS)
    [call] = called.calls
    assert isinstance(call, Call)
    told: list[Message] = [UserMessage(text="x", pictures=[png()]), called.message, call.result("sun", [png()])]
    talk(models, wire, wire_answer(wire, "{}"), told, tools=TOOLS, schema=Weather, system="s", most_output=77)
    assert FORMATS[wire].read_request(models.seen[-1].body).most_output == 77


def test_the_example_of_the_page_works(models: ScriptedModels) -> None:
    """Of docs/ask.md, as it stands there: a call, its result, and the last words."""
    code = (Path(__file__).parents[3] / "docs/ask.md").read_text().split("```python\n")[1].split("```")[0]
    run = FakeRun(
        answers=[wire_answer(Wire.OPENAI_CHAT, "", [("c", "weather", {"city": "Rome"})]), wire_answer(Wire.OPENAI_CHAT, "Yes.")]
    )
    names: dict[str, Any] = {"run": run, "forecast": lambda city, days: f"rain in {city}, {days}"}
    printed = io.StringIO()
    with contextlib.redirect_stdout(printed):
        made = eval(compile(code, "ask.md", "exec", flags=ast.PyCF_ALLOW_TOP_LEVEL_AWAIT), names)
        asyncio.run(made)
    assert printed.getvalue() == "Yes.\n"
    assert run.bodies[1]["messages"][-1] == {"role": "tool", "tool_call_id": "c", "content": "rain in Rome, 1"}


def test_requests_have_the_documented_shapes(models: ScriptedModels) -> None:
    """Of the tools, a call and its result with a picture; the sources are in the docstrings of the wires."""
    picture = png()
    data, url = picture.base64, picture.url
    sent: dict[Wire, Any] = {}
    for wire in Wire:
        answer = talk(models, wire, wire_answer(wire, "", [("c1", "weather", {"city": "Rome"})]), tools=[WEATHER])
        [call] = answer.calls
        assert isinstance(call, Call)
        asked_with: list[Message] = [
            UserMessage(text="this", pictures=[picture]),
            answer.message,
            call.result("sun", [picture]),
        ]
        talk(models, wire, wire_answer(wire, "ok"), asked_with, tools=[WEATHER])
        sent[wire] = models.seen[-1].body
    strict = WEATHER.shape.strict
    about = WEATHER.about
    arguments = '{"city":"Rome","days":1}'

    chat = sent[Wire.OPENAI_CHAT]
    image = {"type": "image_url", "image_url": {"url": url}}
    function = {"name": "weather", "description": about, "parameters": strict, "strict": True}
    assert chat["tools"] == [{"type": "function", "function": function}]
    called = {"id": "c1", "type": "function", "function": {"name": "weather", "arguments": arguments}}
    assert chat["messages"] == [
        {"role": "user", "content": [{"type": "text", "text": "this"}, image]},
        {"role": "assistant", "content": None, "tool_calls": [called]},
        {"role": "tool", "tool_call_id": "c1", "content": "sun"},
        {"role": "user", "content": [{"type": "text", "text": "(pictures that the tool `weather` gave)"}, image]},
    ]

    responses = sent[Wire.OPENAI_RESPONSES]
    shown = {"type": "input_image", "image_url": url}
    assert responses["tools"] == [
        {"type": "function", "name": "weather", "description": about, "parameters": strict, "strict": True}
    ]
    assert responses["input"] == [
        {"role": "user", "content": [{"type": "input_text", "text": "this"}, shown]},
        {"type": "function_call", "call_id": "c1", "name": "weather", "arguments": arguments},
        {"type": "function_call_output", "call_id": "c1", "output": [{"type": "input_text", "text": "sun"}, shown]},
    ]

    anthropic = sent[Wire.ANTHROPIC]
    block = {"type": "image", "source": {"type": "base64", "media_type": "image/png", "data": data}}
    result = {"type": "tool_result", "tool_use_id": "c1", "content": [{"type": "text", "text": "sun"}, block]}
    assert anthropic["tools"] == [{"name": "weather", "description": about, "input_schema": WEATHER.shape.schema}]
    assert anthropic["messages"] == [
        {"role": "user", "content": [block, {"type": "text", "text": "this"}]},
        {"role": "assistant", "content": [{"type": "tool_use", "id": "c1", "name": "weather", "input": json.loads(arguments)}]},
        {"role": "user", "content": [{**result, "cache_control": {"type": "ephemeral"}}]},
    ]

    gemini = sent[Wire.GEMINI]
    inline = {"inlineData": {"mimeType": "image/png", "data": data}}
    declared = {"name": "weather", "description": about, "parameters": WEATHER.shape.gemini}
    assert gemini["tools"] == [{"functionDeclarations": [declared]}]
    made = {"name": "weather", "args": json.loads(arguments)}
    assert gemini["contents"] == [
        {"role": "user", "parts": [inline, {"text": "this"}]},
        {"role": "model", "parts": [{"functionCall": made, "thoughtSignature": "skip_thought_signature_validator"}]},
        {
            "role": "user",
            "parts": [{"functionResponse": {"name": "weather", "response": {"output": "sun"}}}, inline],
        },
    ]


@WIRES
def test_endings_are_the_same_on_each_wire(models: ScriptedModels, wire: Wire) -> None:
    """Cut at its length, or refused with words; calls of a cut answer are there, and the ending says so."""
    assert talk(models, wire, wire_answer(wire, "and so", ending=Ending.LENGTH)).cut
    refused = talk(models, wire, wire_answer(wire, "I cannot help with that.", ending=Ending.REFUSED))
    assert (refused.ending, refused.text) == (Ending.REFUSED, "I cannot help with that.")
    calls: list[tuple[str, str, Any]] = [("c", "clock", {})]
    assert talk(models, wire, wire_answer(wire, "", calls, Ending.LENGTH), tools=TOOLS).ending is Ending.LENGTH


def test_a_blocked_prompt_is_a_refusal(models: ScriptedModels) -> None:
    """Gemini answers without candidates then."""
    answer = talk(models, Wire.GEMINI, {"promptFeedback": {"blockReason": "PROHIBITED_CONTENT"}})
    assert (answer.ending, answer.text) == (Ending.REFUSED, "PROHIBITED_CONTENT")


BAD: Sequence[tuple[str, Any, str]] = [
    ("weather", {"city": 7}, "city"),
    ("weather", {}, "city"),
    ("weather", {"city": "Rome", "planet": "Mars"}, "planet"),
    ("weather", {"city": "x" * 2_000_000}, "longer than"),
    ("rm -rf /\n\x1b[2J", {"city": "Rome"}, "there is no tool"),
    ("n" * 100_000, {}, "there is no tool"),
    ("", {}, "there is no tool"),
    ("天気\u202e", {}, "the tools are: weather, clock"),
]


@WIRES
@pytest.mark.parametrize(("name", "arguments", "why"), BAD, ids=range(len(BAD)))
def test_a_bad_call_is_a_value_that_goes_back(models: ScriptedModels, wire: Wire, name: str, arguments: Any, why: str) -> None:
    """In one printable line; the next request with it is short, and its names are such as every wire takes."""
    answer = talk(models, wire, wire_answer(wire, "", [("c1", name, arguments)]), tools=TOOLS)
    [call] = answer.calls
    assert isinstance(call, BadCall)
    assert why in call.why and call.why.isprintable() and len(call.why) < 500
    for other in Wire:
        talk(models, other, wire_answer(other, "ok"), [*HELLO, answer.message, call.result()], tools=TOOLS)
        body = models.seen[-1].body
        assert len(json.dumps(body)) < 10_000
        assert any(call.why in str(value) for value in everything(body))


@pytest.mark.parametrize("wire", [Wire.OPENAI_CHAT, Wire.OPENAI_RESPONSES])
@pytest.mark.parametrize("arguments", ["{", "[]", "7", "null", '"x"', "{}{}", '{"city": NaN}', "[" * 5000])
def test_arguments_that_are_no_object_are_a_bad_call(models: ScriptedModels, wire: Wire, arguments: str) -> None:
    """Where they come as text."""
    answer = talk(models, wire, wire_answer(wire, "", [("c1", "weather", arguments)]), tools=TOOLS)
    assert [type(call) for call in answer.calls] == [BadCall]


@WIRES
def test_ids_that_are_missing_or_come_twice_are_made_up(models: ScriptedModels, wire: Wire) -> None:
    """Each call has one of its own, which no made-up one of the same answer has either."""
    calls: list[tuple[str, str, Any]] = [("c", "clock", {}), ("c", "clock", {}), ("", "clock", {}), ("call_1", "clock", {})]
    answer = talk(models, wire, wire_answer(wire, "", calls), tools=TOOLS)
    assert len({call.id for call in answer.calls}) == 4
    assert [call.id for call in answer.message.calls] == [call.id for call in answer.calls]


@WIRES
def test_calls_are_bounded(models: ScriptedModels, wire: Wire) -> None:
    """Those beyond are counted, and not in the dialogue."""
    answer = talk(models, wire, wire_answer(wire, "", [(f"c{n}", "clock", {}) for n in range(1000)]), tools=TOOLS)
    assert (len(answer.calls), len(answer.message.calls), answer.left_out) == (CALLS, CALLS, 1000 - CALLS)


@WIRES
def test_a_call_that_is_written_as_text_counts(models: ScriptedModels, wire: Wire) -> None:
    """A weak model's; what came of it goes back as words, as no wire has a result without a call."""
    text = f"I look.\n```json\n{json.dumps({'name': 'weather', 'arguments': {'city': 'Rome'}})}\n```"
    answer = talk(models, wire, wire_answer(wire, text), tools=TOOLS)
    [call] = answer.calls
    assert isinstance(call, Call) and call.written
    assert (call.input, answer.ending, list(answer.message.calls)) == (Weather(city="Rome"), Ending.TOOL, [])
    result = call.result("sun")
    assert isinstance(result, UserMessage) and "sun" in result.text and "Rome" in result.text


@WIRES
def test_an_answer_of_a_type(models: ScriptedModels, wire: Wire) -> None:
    """The server is asked for it in its own words, and the value is an instance."""
    answer = talk(models, wire, wire_answer(wire, '{"city": "Rome", "days": null}'), schema=Weather)
    assert (answer.value, answer.problem) == (Weather(city="Rome"), "")
    body = models.seen[-1].body
    places = {
        Wire.OPENAI_CHAT: lambda: body["response_format"]["json_schema"]["schema"],
        Wire.OPENAI_RESPONSES: lambda: body["text"]["format"]["schema"],
        Wire.ANTHROPIC: lambda: body["output_config"]["format"]["schema"],
        Wire.GEMINI: lambda: body["generationConfig"]["responseSchema"],
    }
    shape = WEATHER.shape
    assert places[wire]() == (shape.gemini if wire is Wire.GEMINI else shape.strict)


@pytest.mark.parametrize("text", ["Rome", '{"city": 7}', "```json\n[1]\n```", '{"days": 1}'])
def test_an_answer_of_another_type_has_a_problem(models: ScriptedModels, text: str) -> None:
    """In one line, for the model too."""
    answer = talk(models, Wire.OPENAI_CHAT, wire_answer(Wire.OPENAI_CHAT, text), schema=Weather)
    assert answer.value is None and answer.problem.isprintable() and answer.problem


@WIRES
def test_a_server_that_knows_no_schemas_is_asked_in_words(models: ScriptedModels, wire: Wire) -> None:
    """Once it has refused them; a fenced answer is read as well."""
    fenced = wire_answer(wire, 'Here:\n```json\n{"city": "Rome"}\n```')
    models.canned("here", fenced)
    word = {Wire.OPENAI_CHAT: "response_format", Wire.OPENAI_RESPONSES: "json_schema", Wire.ANTHROPIC: "output_config",
            Wire.GEMINI: "responseSchema"}[wire]  # fmt: skip
    models.refused_word = word
    answer = asyncio.run(asked([provider(models, "here", wires=(wire,))], schema=Weather, tools=[CLOCK]))
    assert answer.value == Weather(city="Rome")
    assert [word in json.dumps(seen.body) for seen in models.seen] == [True, False]
    assert "JSON schema" in json.dumps(models.seen[-1].body)


def test_another_fault_of_the_request_is_no_reason_to_ask_again(models: ScriptedModels) -> None:
    """It is refused once."""
    with pytest.raises(RequestRefused, match="scripted 400"):
        asyncio.run(asked([provider(models, "e400", wires=(Wire.OPENAI_CHAT,))], tools=TOOLS))
    assert models.asked["e400"] == 1


@WIRES
def test_a_dialogue_with_pictures_survives_a_change_of_wire(models: ScriptedModels, wire: Wire) -> None:
    """What one wire began, each other one goes on with."""
    answer = talk(models, wire, wire_answer(wire, "", [("c.1:2", "weather", {"city": "Rome"})]), tools=TOOLS)
    [call] = answer.calls
    assert isinstance(call, Call)
    told: list[Message] = [UserMessage(text="x", pictures=[png()]), answer.message, call.result("sun", [png()])]
    for other in Wire:
        assert talk(models, other, wire_answer(other, "ok"), told, tools=TOOLS).text == "ok"
        pictures = [each for each in everything(models.seen[-1].body) if isinstance(each, str) and png().base64 in each]
        assert len(pictures) == 2


NO_PICTURES = [
    (500, "image input is not supported - hint: if this is unexpected, you may need to provide the mmproj"),
    (404, "No endpoints found that support image input"),
    (400, "m1 is not a multimodal model"),
]


@pytest.mark.parametrize(("status", "words"), NO_PICTURES)
def test_a_model_that_takes_no_pictures_refuses(models: ScriptedModels, status: int, words: str) -> None:
    """As a value with the provider's words; nobody waits, and the provider counts as healthy."""
    models.replies["blind"] = Reply(status=status, body=json.dumps({"error": {"message": words}}).encode())
    answer = asyncio.run(asked([provider(models, "blind")], [UserMessage(text="see", pictures=[png()])]))
    assert answer.ending is Ending.REFUSED and words[:20] in answer.text
    assert models.asked["blind"] <= len(Wire)


def test_another_provider_that_takes_pictures_answers(models: ScriptedModels) -> None:
    """On the same wire, or on another."""
    models.replies["blind"] = Reply(status=400, body=b'{"error": {"message": "m1 is not a multimodal model"}}')
    for wires in ((Wire.OPENAI_CHAT,), (Wire.ANTHROPIC,)):
        models.canned("sees", wire_answer(wires[0], "a picture"))
        chain = [provider(models, "blind", wires=(Wire.OPENAI_CHAT,)), provider(models, "sees", wires=wires)]
        answer = asyncio.run(asked(chain, [UserMessage(text="see", pictures=[png()])]))
        assert answer.text == "a picture"


@WIRES
def test_a_picture_counts_by_its_size_in_a_budget(models: ScriptedModels, wire: Wire) -> None:
    """And not by its bytes, which would be a thousand times as much; one that is too dear is not sent."""
    large = read_picture(png(100, 100).data + b"\xa5" * 1_200_000)
    assert isinstance(large, Picture)
    see = [UserMessage(text="see", pictures=[large])]
    models.canned("here", wire_answer(wire, "ok"))
    here = [provider(models, "here", wires=(wire,))]
    assert asyncio.run(asked(here, see, allowance=SpendingLimit(tokens=1000))).text == "ok"
    huge = read_picture(png(8000, 8000).data)
    assert isinstance(huge, Picture)
    with pytest.raises(ModelsParked) as parked:
        asyncio.run(asked(here, [UserMessage(text="see", pictures=[huge])], allowance=SpendingLimit(tokens=1000)))
    assert parked.value.spent


def test_an_answer_of_another_wire_cannot_be_read(models: ScriptedModels) -> None:
    """It is refused in one line."""
    with pytest.raises(RequestRefused, match="the model's answer cannot be read"):
        talk(models, Wire.ANTHROPIC, {"choices": []})


def test_without_a_provider_models_are_parked() -> None:
    """With the reason."""
    with pytest.raises(ModelsParked, match="no provider speaks"):
        asyncio.run(asked([]))


def test_bytes_of_pictures_go_out_as_they_are(models: ScriptedModels) -> None:
    """In Base64."""
    picture = png()
    talk(models, Wire.GEMINI, wire_answer(Wire.GEMINI, "ok"), [UserMessage(text="", pictures=[picture])])
    [part] = models.seen[-1].body["contents"][0]["parts"]
    assert base64.b64decode(part["inlineData"]["data"]) == picture.data
