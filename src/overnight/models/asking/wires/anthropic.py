"""A dialogue on the wire of Anthropic messages, with marks for the provider's prompt cache.

Source: https://platform.claude.com/docs/en/api/messages/create.
"""

import re
from collections.abc import Mapping, Sequence
from typing import Annotated

from pydantic import BaseModel, Field

from overnight.models.asking.form import Question, RawCall, Said, ending
from overnight.models.asking.messages import AssistantMessage, Message, ToolCall, ToolResult, UserMessage
from overnight.models.asking.tools import Tool
from overnight.models.pictures import Picture

_NO_ID = re.compile(r"[^A-Za-z0-9_-]")
_CACHE = {"cache_control": {"type": "ephemeral"}}


class _Block(BaseModel):
    type: str = "text"
    text: str | None = None
    id: str | None = None
    name: object = None
    input: object = None


class _Answer(BaseModel):
    content: str | Annotated[list[_Block], Field(fail_fast=True)]  # one error is enough, however many there are
    stop_reason: str | None = None


def request(question: Question) -> Mapping[str, object]:
    """The body of a request; neighbours of the same role are one message, as the wire wants it."""
    messages: list[tuple[str, list[dict[str, object]]]] = []
    for message in question.messages:
        role, blocks = "assistant" if isinstance(message, AssistantMessage) else "user", _blocks(message)
        if messages and messages[-1][0] == role:
            messages[-1][1].extend(blocks)
        elif blocks:
            messages.append((role, blocks))
    if messages:
        messages[-1][1][-1] |= _CACHE
    body: dict[str, object] = {
        "model": question.model,
        "max_tokens": question.most_output,
        "messages": [{"role": role, "content": blocks} for role, blocks in messages],
    }
    if question.system:
        body["system"] = [{"type": "text", "text": question.system, **_CACHE}]
    if question.tools:
        body["tools"] = [_tool(tool) for tool in question.tools]
    if question.shape and not question.plain:
        body["output_config"] = {"format": {"type": "json_schema", "schema": question.shape.anthropic}}
    return body


def read(answer: Mapping[str, object]) -> Said:
    """What the model said.

    Raises:
        ValueError: it is not an answer of this wire.
    """
    parsed = _Answer.model_validate(answer)
    blocks = [_Block(text=parsed.content)] if isinstance(parsed.content, str) else parsed.content
    calls = [
        RawCall(id=block.id or "", name=block.name if isinstance(block.name, str) else "", arguments=block.input)
        for block in blocks
        if block.type == "tool_use"
    ]
    return Said(
        text="\n".join(block.text for block in blocks if block.type == "text" and block.text),
        calls=calls,
        ending=ending(cut=parsed.stop_reason == "max_tokens", refused=parsed.stop_reason == "refusal", calls=calls),
    )


def _blocks(message: Message) -> list[dict[str, object]]:
    match message:
        case UserMessage():  # pictures first, as the provider recommends
            return [*map(_image, message.pictures), *_text(message.text, needed=not message.pictures)]
        case ToolResult():
            pictured = [*_text(message.text, needed=False), *map(_image, message.pictures)]
            content = pictured if message.pictures else message.text
            return [{"type": "tool_result", "tool_use_id": _id(message.id), "content": content}]
        case AssistantMessage():
            return [*_text(message.text, needed=False), *map(_tool_use, message.calls)]


def _text(text: str, *, needed: bool) -> Sequence[dict[str, object]]:
    """The wire takes no block without words beside others."""
    return [{"type": "text", "text": text}] if needed or text.strip() else []


def _image(picture: Picture) -> dict[str, object]:
    return {"type": "image", "source": {"type": "base64", "media_type": picture.media_type, "data": picture.base64}}


def _tool_use(call: ToolCall) -> dict[str, object]:
    return {"type": "tool_use", "id": _id(call.id), "name": call.name, "input": call.arguments}


def _tool(tool: Tool) -> Mapping[str, object]:
    return {"name": tool.name, "description": tool.about, "input_schema": tool.shape.schema}


def _id(id_: str) -> str:
    """A call's id as the wire takes it, also one that came on another."""
    return _NO_ID.sub("_", id_)
