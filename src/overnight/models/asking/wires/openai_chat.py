"""A dialogue on the wire of OpenAI chat completions.

A tool's result is text there, so its pictures follow in a message of the user, behind the results of all calls of an answer.
Source: https://developers.openai.com/api/reference/resources/chat/subresources/completions/methods/create.
"""

from collections.abc import Iterator, Mapping, Sequence

from pydantic import BaseModel, Field
from pydantic_core import to_json

from overnight.models.asking.content import text_in
from overnight.models.asking.form import Question, RawCall, Said, ending
from overnight.models.asking.messages import AssistantMessage, Message, ToolCall, ToolResult, UserMessage
from overnight.models.asking.schemas import Shape
from overnight.models.asking.tools import Tool
from overnight.models.pictures import Picture

_SHOWN_BY = "(pictures that the tool `{name}` gave)"


class _Function(BaseModel):
    name: object = None
    arguments: object = None


class _ToolCall(BaseModel):
    id: str | None = None
    function: _Function = _Function()


class _Message(BaseModel):
    content: object = None
    refusal: object = None
    tool_calls: list[_ToolCall] | None = Field(default=None, fail_fast=True)  # one error is enough, however many there are
    function_call: _Function | None = None  # the older form, of one call


class _Choice(BaseModel):
    message: _Message
    finish_reason: str | None = None


class _Answer(BaseModel):
    choices: list[_Choice] = Field(min_length=1, fail_fast=True)


def request(question: Question) -> Mapping[str, object]:
    """The body of a request."""
    system = [{"role": "system", "content": question.system}] if question.system else []
    body: dict[str, object] = {
        "model": question.model,
        "max_completion_tokens": question.most_output,
        "messages": [*system, *_messages(question.messages)],
    }
    if question.tools:
        body["tools"] = [_tool(tool, plain=question.plain) for tool in question.tools]
    if question.shape and not question.plain:
        body["response_format"] = {"type": "json_schema", "json_schema": _format(question.shape)}
    return body


def read(answer: Mapping[str, object]) -> Said:
    """What the model said.

    Raises:
        ValueError: it is not an answer of this wire.
    """
    choice = _Answer.model_validate(answer).choices[0]
    said = choice.message
    named = [(call.id or "", call.function) for call in said.tool_calls or ()]
    if not named and said.function_call is not None:
        named = [("", said.function_call)]
    calls = [
        RawCall(id=id_, name=function.name if isinstance(function.name, str) else "", arguments=function.arguments)
        for id_, function in named
    ]
    text, refusal = text_in(said.content), text_in(said.refusal)
    refused = choice.finish_reason == "content_filter" or bool(refusal and not text)
    return Said(
        text=text or refusal,
        calls=calls,
        ending=ending(cut=choice.finish_reason == "length", refused=refused, calls=calls),
    )


def _messages(messages: Sequence[Message]) -> Iterator[Mapping[str, object]]:
    shown: list[tuple[str, Sequence[Picture]]] = []
    for message in messages:
        if shown and not isinstance(message, ToolResult):
            yield from _pictures(shown)
            shown = []
        if isinstance(message, ToolResult) and message.pictures:
            shown.append((message.name, message.pictures))
        yield _message(message)
    yield from _pictures(shown)


def _message(message: Message) -> Mapping[str, object]:
    match message:
        case UserMessage():
            return {"role": "user", "content": _parts(message.text, message.pictures) if message.pictures else message.text}
        case ToolResult():
            return {"role": "tool", "tool_call_id": message.id, "content": message.text}
        case AssistantMessage():
            nothing = None if message.calls else ""  # the wire takes no message that neither says nor calls something
            said: dict[str, object] = {"role": "assistant", "content": message.text or nothing}
            if message.calls:
                said["tool_calls"] = [_tool_call(call) for call in message.calls]
            return said


def _pictures(shown: Sequence[tuple[str, Sequence[Picture]]]) -> Iterator[Mapping[str, object]]:
    if shown:
        parts = [part for name, pictures in shown for part in _parts(_SHOWN_BY.format(name=name), pictures)]
        yield {"role": "user", "content": parts}


def _parts(text: str, pictures: Sequence[Picture]) -> list[Mapping[str, object]]:
    words: list[Mapping[str, object]] = [{"type": "text", "text": text}] if text else []
    return [*words, *({"type": "image_url", "image_url": {"url": picture.url}} for picture in pictures)]


def _tool_call(call: ToolCall) -> Mapping[str, object]:
    function = {"name": call.name, "arguments": to_json(call.arguments).decode()}
    return {"id": call.id, "type": "function", "function": function}


def _tool(tool: Tool, *, plain: bool) -> Mapping[str, object]:
    function: dict[str, object] = {"name": tool.name, "description": tool.about}
    strict = tool.strict and not plain
    function |= {"parameters": tool.shape.strict, "strict": True} if strict else {"parameters": tool.shape.schema}
    return {"type": "function", "function": function}


def _format(shape: Shape) -> Mapping[str, object]:
    return {"name": shape.name, "schema": shape.strict, "strict": True}
