"""A dialogue on the wire of OpenAI chat completions."""

import json
from collections.abc import Mapping, Sequence

from pydantic import BaseModel, Field

from overnight.agents.chat.arguments import command_in
from overnight.agents.chat.content import text_in
from overnight.agents.chat.dialogue import Entry, ModelMessage, ToolCall, ToolResult, UserMessage
from overnight.agents.chat.tool import PARAMETERS, TOOL, TOOL_DESCRIPTION

_TOOLS = [{"type": "function", "function": {"name": TOOL, "description": TOOL_DESCRIPTION, "parameters": PARAMETERS}}]


class _Function(BaseModel):
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


def request(entries: Sequence[Entry], *, model: str, most_tokens: int, system: str, tools: bool) -> Mapping[str, object]:
    """The body of a request."""
    messages = [{"role": "system", "content": system}, *map(_message, entries)]
    body: dict[str, object] = {"model": model, "max_completion_tokens": most_tokens, "messages": messages}
    return body | {"tools": _TOOLS} if tools else body


def read(answer: Mapping[str, object]) -> ModelMessage:
    """What the model said.

    Raises:
        ValueError: it is not an answer of this wire.
    """
    choice = _Answer.model_validate(answer).choices[0]
    said = choice.message
    named = [(call.id or "", call.function) for call in said.tool_calls or ()]
    if not named and said.function_call is not None:
        named = [("", said.function_call)]
    calls = [ToolCall(id=id_, command=command_in(function.arguments)) for id_, function in named]
    return ModelMessage(text=text_in(said.content) or text_in(said.refusal), calls=calls, cut=choice.finish_reason == "length")


def _message(entry: Entry) -> Mapping[str, object]:
    match entry:
        case UserMessage():
            return {"role": "user", "content": entry.text}
        case ToolResult():
            return {"role": "tool", "tool_call_id": entry.id, "content": entry.text}
        case ModelMessage():
            nothing = None if entry.calls else ""  # the wire takes no message that neither says nor calls something
            message: dict[str, object] = {"role": "assistant", "content": entry.text or nothing}
            if entry.calls:
                message["tool_calls"] = [_tool_call(call) for call in entry.calls]
            return message


def _tool_call(call: ToolCall) -> Mapping[str, object]:
    arguments = json.dumps({"command": call.command or ""})
    return {"id": call.id, "type": "function", "function": {"name": TOOL, "arguments": arguments}}
