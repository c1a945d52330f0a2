"""A dialogue on the wire of Anthropic messages, with marks for the provider's prompt cache."""

import re
from collections.abc import Mapping, Sequence
from typing import Annotated

from pydantic import BaseModel, Field

from overnight.agents.chat.arguments import command_in
from overnight.agents.chat.dialogue import Entry, ModelMessage, ToolCall, ToolResult, UserMessage
from overnight.agents.chat.tool import PARAMETERS, TOOL, TOOL_DESCRIPTION

_NO_ID = re.compile(r"[^A-Za-z0-9_-]")
_CACHE = {"cache_control": {"type": "ephemeral"}}
_TOOLS = [{"name": TOOL, "description": TOOL_DESCRIPTION, "input_schema": PARAMETERS}]


class _Block(BaseModel):
    type: str = "text"
    text: str | None = None
    id: str | None = None
    input: object = None


class _Answer(BaseModel):
    content: str | Annotated[list[_Block], Field(fail_fast=True)]  # one error is enough, however many there are
    stop_reason: str | None = None


def request(entries: Sequence[Entry], *, model: str, most_tokens: int, system: str, tools: bool) -> Mapping[str, object]:
    """The body of a request; neighbours of the same role are one message, as the wire wants it."""
    messages: list[dict[str, object]] = []
    for entry in entries:
        role = "assistant" if isinstance(entry, ModelMessage) else "user"
        blocks = _blocks(entry)
        last = messages[-1] if messages else None
        if last and last["role"] == role and isinstance(last["content"], list):
            last["content"] += blocks
        elif blocks:
            messages.append({"role": role, "content": blocks})
    newest = messages[-1]["content"]
    if isinstance(newest, list):
        newest[-1] |= _CACHE
    system_blocks = [{"type": "text", "text": system, **_CACHE}]
    body = {"model": model, "max_tokens": most_tokens, "system": system_blocks, "messages": messages}
    return body | {"tools": _TOOLS} if tools else body


def read(answer: Mapping[str, object]) -> ModelMessage:
    """What the model said.

    Raises:
        ValueError: it is not an answer of this wire.
    """
    parsed = _Answer.model_validate(answer)
    blocks = [_Block(text=parsed.content)] if isinstance(parsed.content, str) else parsed.content
    text = "\n".join(block.text for block in blocks if block.type == "text" and block.text)
    calls = [ToolCall(id=block.id or "", command=command_in(block.input)) for block in blocks if block.type == "tool_use"]
    return ModelMessage(text=text, calls=calls, cut=parsed.stop_reason == "max_tokens")


def _blocks(entry: Entry) -> list[dict[str, object]]:
    match entry:
        case UserMessage():
            return [{"type": "text", "text": entry.text}]
        case ToolResult():
            return [{"type": "tool_result", "tool_use_id": _id(entry.id), "content": entry.text}]
        case ModelMessage():
            said: list[dict[str, object]] = [{"type": "text", "text": entry.text}] if entry.text.strip() else []
            return [*said, *map(_tool_use, entry.calls)]


def _tool_use(call: ToolCall) -> dict[str, object]:
    return {"type": "tool_use", "id": _id(call.id), "name": TOOL, "input": {"command": call.command or ""}}


def _id(id_: str) -> str:
    """A call's id as the wire takes it, also one that came on another."""
    return _NO_ID.sub("_", id_)
