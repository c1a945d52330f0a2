"""Answers are read in the forms in which servers give them."""

import json
from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from overnight.agents.own.tool import SHELL, ShellCommand
from overnight.models.asking.ask import FORMS
from overnight.models.asking.bounds import bounded, named
from overnight.models.asking.form import Ending, Form, Question, RawCall, Said
from overnight.models.asking.messages import AssistantMessage, Message, ToolCall, ToolResult, UserMessage
from overnight.models.asking.tools import BadCall, Call, read_call
from overnight.models.asking.wires import anthropic, gemini, openai_chat, openai_responses
from overnight.models.asking.written import written_calls

RUN = "ls -la"


def chat_message(**message: Any) -> Said:
    """An answer of OpenAI chat."""
    return openai_chat.read({"choices": [{"message": {"role": "assistant", **message}, "finish_reason": "stop"}]})


def chat_call(arguments: Any) -> str | None:
    """The command of a call with these arguments."""
    said = chat_message(tool_calls=[{"id": "c", "type": "function", "function": {"name": "bash", "arguments": arguments}}])
    return command_of(said)


def command_of(said: Said) -> str | None:
    """What the only call of an answer would run; None if that cannot be read."""
    [call] = said.calls
    read = read_call(call.id, call.name, call.arguments, call.seal, [SHELL])
    assert isinstance(read, BadCall) or isinstance(read.input, ShellCommand)
    return read.input.command if isinstance(read, Call) and isinstance(read.input, ShellCommand) else None


def asked(form: Form, messages: Sequence[Message]) -> str:
    """The request of a dialogue, as JSON."""
    return json.dumps(form.request(Question(messages=messages, model="m", system="s", most_output=1, tools=[SHELL])))


ARGUMENTS = [
    {"command": RUN},
    json.dumps({"command": RUN}),
    json.dumps(json.dumps({"command": RUN})),
    {"cmd": RUN},
    {"script": RUN},
    {"command": ["bash", "-c", RUN]},
    {"command": ["ls", "-la"]},
]
NO_ARGUMENTS: list[Any] = [
    None,
    "",
    "null",
    "{}",
    {},
    [],
    7,
    "{",
    {"command": None},
    {"command": []},
    {"command": [1]},
    {"path": RUN},
]


@pytest.mark.parametrize("arguments", ARGUMENTS, ids=str)
def test_arguments_are_read_as_object_or_json(arguments: Any) -> None:
    """On both wires; JSON in JSON too, and a list of words."""
    assert chat_call(arguments) == RUN
    said = anthropic.read({"content": [{"type": "tool_use", "id": "c", "name": "bash", "input": arguments}]})
    assert (said.calls[0].id, command_of(said)) == ("c", RUN)


@pytest.mark.parametrize("arguments", NO_ARGUMENTS, ids=str)
def test_other_arguments_are_none(arguments: Any) -> None:
    """The call is there, so that its model is answered, and has no command."""
    assert chat_call(arguments) is None
    said = anthropic.read({"content": [{"type": "tool_use", "id": "c", "name": "bash", "input": arguments}]})
    assert command_of(said) is None


PARTS = [
    ("hello", "hello"),
    (None, ""),
    ([], ""),
    ([{"type": "text", "text": "hel"}, {"type": "text", "text": "lo"}], "hel\nlo"),
    ([{"type": "thinking", "thinking": "hm"}, {"type": "text", "text": "hello"}], "hello"),
    ([{"type": "output_text", "text": "hello"}, {"type": "image_url"}], "hello"),
    (["hello", {"type": "refusal", "refusal": "no"}, 7], "hello\nno"),
]


@pytest.mark.parametrize(("content", "text"), PARTS, ids=str)
def test_content_is_text_or_parts(content: Any, text: str) -> None:
    """Of a list the parts that say something."""
    assert chat_message(content=content).text == text


def test_a_refusal_is_what_it_says() -> None:
    """If there is no content."""
    assert chat_message(content=None, refusal="I cannot").text == "I cannot"


def test_the_older_form_of_a_call_is_read() -> None:
    """One function, without an id."""
    said = chat_message(content=None, function_call={"name": "bash", "arguments": json.dumps({"command": RUN})})
    assert command_of(said) == RUN


def test_anthropic_content_may_be_text() -> None:
    """Some servers give no blocks."""
    answer: Mapping[str, object] = {"content": "hello", "stop_reason": "end_turn"}
    assert anthropic.read(answer) == Said(text="hello", calls=[])


def test_ids_of_another_wire_are_taken_by_anthropic() -> None:
    """A dialogue that began elsewhere goes on: each call and its result have one id, in the letters that the wire takes."""
    call = ToolCall(id="functions.bash:0", name="bash", arguments={"command": RUN})
    result = ToolResult(id=call.id, name="bash", text="ok")
    body = asked(anthropic, [UserMessage(text="x"), AssistantMessage(text="", calls=[call]), result])
    assert body.count('"functions_bash_0"') == 2


def test_responses_are_read() -> None:
    """Thoughts are left out, words and calls are not, and a cut answer is known."""
    thought = {"type": "reasoning", "summary": []}
    words = {"type": "message", "content": [{"type": "output_text", "text": "hello"}]}
    call = {"type": "function_call", "call_id": "c", "name": "bash", "arguments": json.dumps({"command": RUN})}
    cut = {"reason": "max_output_tokens"}
    said = openai_responses.read({"output": [thought, words, call], "incomplete_details": cut})
    assert (said.text, said.ending, said.calls[0].id, command_of(said)) == ("hello", Ending.LENGTH, "c", RUN)


def test_gemini_is_read_and_gets_its_seals_back() -> None:
    """Thoughts are left out; a call of its own keeps its seal, and one of another wire has the word for none."""
    parts = [
        {"text": "hm", "thought": True},
        {"text": "hello"},
        {"functionCall": {"name": "bash", "args": {"command": RUN}}, "thoughtSignature": "sealed"},
    ]
    said = gemini.read({"candidates": [{"content": {"parts": parts}, "finishReason": "STOP"}]})
    arguments = {"command": RUN}
    assert said == Said(
        text="hello", calls=[RawCall(id="", name="bash", arguments=arguments, seal="sealed")], ending=Ending.TOOL
    )
    own, other = (ToolCall(id="c", name="bash", arguments=arguments, seal=seal) for seal in ("sealed", ""))
    body = asked(gemini, [UserMessage(text="x"), AssistantMessage(text="", calls=[own, other])])
    assert body.count('"thoughtSignature": "sealed"') == 1
    assert body.count("skip_thought_signature_validator") == 1


@pytest.mark.parametrize("answer", [{}, {"candidates": []}, {"candidates": [{"content": {"parts": "x"}}]}, {"output": "x"}])
def test_garbage_is_no_answer(answer: Mapping[str, object]) -> None:
    """Of either of the newer wires."""
    for form in (gemini, openai_responses):
        with pytest.raises(ValueError, match="validation error"):
            form.read(answer)


SCALARS = st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20)
NAMES = ["choices", "message", "content", "parts", "text", "tool_calls", "function", "arguments", "input", "output", "type",
         "candidates", "functionCall", "args", "finishReason", "call_id", "command", "id", "thoughtSignature"]  # fmt: skip
KINDS = SCALARS | st.sampled_from(["text", "tool_use", "message", "function_call"])
ANSWERS = st.recursive(
    KINDS, lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.sampled_from(NAMES), inner, max_size=6), max_leaves=30
)


@given(answer=st.dictionaries(st.sampled_from(NAMES), ANSWERS, max_size=5))
def test_no_answer_is_our_fault(answer: dict[str, Any]) -> None:
    """Whatever comes on whichever wire is an answer, or a ValueError; what was read can be sent on each wire again."""
    for form in FORMS.values():
        try:
            said = named(bounded(form.read(answer))[0], 0)
        except ValueError:
            continue
        calls = [read_call(call.id, call.name, call.arguments, call.seal, [SHELL]) for call in said.calls]
        message = AssistantMessage(text=said.text, calls=[call.said for call in calls])
        results = [call.result() if isinstance(call, BadCall) else call.result("ok") for call in calls]
        for other in FORMS.values():
            asked(other, [UserMessage(text="x"), message, *results, UserMessage(text="y")]).encode()


CALL = {"name": "bash", "arguments": '{"command": "ls"}'}
CHAT = {"content": [{"type": "text", "text": "a"}], "refusal": "no", "function_call": CALL, "tool_calls": [{"function": CALL}]}
WHOLE: list[dict[str, Any]] = [
    {"choices": [{"message": CHAT, "finish_reason": "stop"}]},
    {"content": [{"type": "text", "text": "a"}, {"type": "tool_use", "id": "c", "input": {"cmd": "ls"}}], "stop_reason": "x"},
    {"candidates": [{"content": {"parts": [{"text": "a", "thought": True}]}, "finishReason": "STOP"}]},
    {"candidates": [{"content": {"parts": [{"functionCall": {"id": "c", "args": {"cmd": ["a"]}}, "thoughtSignature": "s"}]}}]},
    {"output": [{"type": "message", "content": [{"type": "output_text", "text": "a"}]}], "incomplete_details": {"reason": "x"}},
    {"output": [{"type": "function_call", "call_id": "c", "arguments": "{}"}]},
]
ODD: list[Any] = [None, "", 0, 10**30, float("nan"), True, [], [None], [[]], {}, {"a": None}, [{}], "\ud800", "\0"]


def replaced(node: Any, value: object) -> Iterator[Any]:
    """Each document that has this value in one place instead."""
    yield value
    if isinstance(node, dict | list):
        for key in node if isinstance(node, dict) else range(len(node)):
            for inner in replaced(node[key], value):
                copy = node.copy()
                copy[key] = inner
                yield copy


@pytest.mark.parametrize("form", FORMS.values())
@pytest.mark.parametrize("whole", WHOLE, ids=lambda whole: next(iter(whole)))
def test_an_odd_value_anywhere_is_not_our_fault(form: Form, whole: dict[str, Any]) -> None:
    """In the place of any part of an answer, also where a word is expected and a list without a hash comes."""
    for value in ODD:
        for answer in replaced(whole, value):
            with suppress(ValueError):
                written_calls(form.read(answer).text, [SHELL])


@pytest.mark.parametrize("value", ODD, ids=repr)
def test_an_odd_value_in_a_written_call_is_not_our_fault(value: object) -> None:
    """The same for calls in the text of an answer."""
    written = {"name": "bash", "arguments": {"command": "ls"}, "function": {"name": "bash", "parameters": {"cmd": ["ls"]}}}
    flat = {"tool": "bash", "args": {"script": "ls"}}
    for document in (*replaced([written, written], value), *replaced(flat, value)):
        assert len(written_calls(json.dumps(document), [SHELL])) <= 2
