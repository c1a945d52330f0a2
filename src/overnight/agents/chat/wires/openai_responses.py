"""A dialogue on the wire of OpenAI responses; nothing of it is stored there, so each request has all of it."""

from collections.abc import Mapping, Sequence
from json import dumps

from pydantic import BaseModel, Field

from overnight.agents.chat.arguments import command_in
from overnight.agents.chat.content import text_in
from overnight.agents.chat.dialogue import Entry, ModelMessage, ToolCall, ToolResult, UserMessage
from overnight.agents.chat.tool import PARAMETERS, TOOL, TOOL_DESCRIPTION

_TOOLS = [{"type": "function", "name": TOOL, "description": TOOL_DESCRIPTION, "parameters": PARAMETERS}]


class _Item(BaseModel):
    type: str = "message"
    content: object = None
    call_id: str | None = None
    arguments: object = None


class _Incomplete(BaseModel):
    reason: str | None = None


class _Answer(BaseModel):
    output: list[_Item] = Field(fail_fast=True)  # one error is enough, however many there are
    incomplete_details: _Incomplete | None = None


def request(entries: Sequence[Entry], *, model: str, most_tokens: int, system: str, tools: bool) -> Mapping[str, object]:
    """The body of a request."""
    items = [item for entry in entries for item in _items(entry)]
    body: dict[str, object] = {"model": model, "max_output_tokens": most_tokens, "instructions": system, "input": items}
    return {**body, "store": False, **({"tools": _TOOLS} if tools else {})}


def read(answer: Mapping[str, object]) -> ModelMessage:
    """What the model said.

    Raises:
        ValueError: it is not an answer of this wire.
    """
    parsed = _Answer.model_validate(answer)
    words = [text_in(item.content) for item in parsed.output if item.type == "message"]
    calls = [
        ToolCall(id=item.call_id or "", command=command_in(item.arguments))
        for item in parsed.output
        if item.type == "function_call"
    ]
    cut = parsed.incomplete_details is not None and parsed.incomplete_details.reason == "max_output_tokens"
    return ModelMessage(text="\n".join(filter(None, words)), calls=calls, cut=cut)


def _items(entry: Entry) -> Sequence[Mapping[str, object]]:
    match entry:
        case UserMessage():
            return [{"role": "user", "content": entry.text}]
        case ToolResult():
            return [{"type": "function_call_output", "call_id": entry.id, "output": entry.text}]
        case ModelMessage():
            said = [{"role": "assistant", "content": entry.text}] if entry.text.strip() else []
            return [*said, *map(_function_call, entry.calls)]


def _function_call(call: ToolCall) -> Mapping[str, object]:
    arguments = dumps({"command": call.command or ""})
    return {"type": "function_call", "call_id": call.id, "name": TOOL, "arguments": arguments}
