"""A dialogue on the wire of OpenAI chat completions."""

import json
from collections.abc import Mapping, Sequence

from pydantic import BaseModel, Field, ValidationError

from overnight.agents.chat.dialogue import Entry, ModelMessage, ToolCall, ToolResult, UserMessage
from overnight.agents.chat.tool import PARAMETERS, TOOL, TOOL_DESCRIPTION

LONGEST_ARGUMENTS = 1_000_000  # characters; no command that is run has so many, however it is escaped
_TOOLS = [{"type": "function", "function": {"name": TOOL, "description": TOOL_DESCRIPTION, "parameters": PARAMETERS}}]


class _Function(BaseModel):
    arguments: str = ""


class _ToolCall(BaseModel):
    id: str = ""
    function: _Function = _Function()


class _Message(BaseModel):
    content: str | None = None
    tool_calls: list[_ToolCall] | None = Field(default=None, fail_fast=True)  # one error is enough, however many there are


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
    calls = [ToolCall(id=call.id, command=_command(call.function.arguments)) for call in choice.message.tool_calls or ()]
    return ModelMessage(text=choice.message.content or "", calls=calls, cut=choice.finish_reason == "length")


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


class _Arguments(BaseModel):
    command: str


def _command(arguments: str) -> str | None:
    if len(arguments) > LONGEST_ARGUMENTS:
        return None
    try:
        return _Arguments.model_validate_json(arguments).command
    except ValidationError:
        return None
