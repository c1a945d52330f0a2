"""What an answer of Anthropic's messages may have at most.

Does not cover: a provider that does not honour the limit that it is sent.
"""

from collections.abc import Mapping
from typing import Annotated, Literal

from pydantic import ConfigDict, Field

from overnight.models.wires.plain import SEARCHING, Limit, PictureData, Plain, Shown, understand


class _Source(Plain):
    type: Literal["base64"]
    media_type: str
    data: PictureData


class _Text(Plain):
    type: Literal["text"]
    text: str
    cache_control: object = None
    citations: None = None


class _Image(Plain):
    type: Literal["image"]
    source: _Source
    cache_control: object = None


class _Block(Plain):
    type: Literal["text", "image", "thinking", "redacted_thinking", "tool_use", "tool_result"]
    text: str = ""
    source: _Source | None = None
    thinking: str = ""
    signature: str | None = None
    data: str = ""
    id: str = ""
    name: str = ""
    input: object = None
    tool_use_id: str = ""
    content: str | list[Annotated[_Text | _Image, Field(discriminator="type")]] | None = None
    is_error: bool | None = None
    cache_control: object = None
    caller: object = None
    citations: None = None


class _Message(Plain):
    role: str
    content: str | list[_Block]


class _Tool(Plain):
    """One that the client runs; its other fields describe it."""

    model_config = ConfigDict(extra="allow")

    type: Literal["custom"] | Annotated[str, Field(pattern=r"^(bash|text_editor|memory)_[0-9]+$")] | None = None


class _Thinking(Plain):
    type: str
    budget_tokens: Limit | None = None
    display: str | None = None


class _Edit(Plain):
    """Something that is left out of the input."""

    model_config = ConfigDict(extra="allow")

    type: Annotated[str, Field(pattern=r"^clear_")]


class _Editing(Plain):
    edits: list[_Edit] | None = None


class _Settings(Plain):
    effort: str | None = None
    format: object = None


class _Messages(Plain):
    model: str = ""
    messages: list[_Message]
    max_tokens: Limit
    system: str | list[_Text] | None = None
    tools: list[_Tool] | None = None
    tool_choice: object = None
    thinking: _Thinking | None = None
    output_config: _Settings | None = None
    output_format: object = None
    context_management: _Editing | None = None
    container: None = None
    stream: bool | None = None
    temperature: float | None = None
    top_p: float | None = None
    top_k: int | None = None
    stop_sequences: list[str] | None = None
    metadata: object = None
    cache_control: object = None
    service_tier: str | None = None
    speed: str | None = None


def most_output(body: Mapping[str, object], shown: Shown) -> int | None:
    """Tokens that its answer has at most; None if that is not known. Its pictures are added to `shown`.

    Thoughts are inside the limit. Only with thinking between calls of tools may their own limit be larger, and then both count.
    Source: https://platform.claude.com/docs/en/build-with-claude/extended-thinking (interleaved thinking).
    """
    messages = understand(_Messages, body, shown)
    if messages is None or SEARCHING in messages.model:
        return None
    thought = (messages.thinking and messages.thinking.budget_tokens) or 0
    return messages.max_tokens + (thought if thought >= messages.max_tokens else 0)
