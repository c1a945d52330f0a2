"""What an answer of OpenAI's chat completions may have at most.

Two fields limit it, and a provider may honour either. Does not cover: a provider that honours none of the fields that it
is sent; a chat template of a server's own that repeats what it is given.
"""

from collections.abc import Mapping
from typing import Literal

from overnight.models.wires.plain import SEARCHING, Answers, Limit, PictureUrl, Plain, Shown, understand


class _Image(Plain):
    url: PictureUrl
    detail: str | None = None


class _Part(Plain):
    type: Literal["text", "refusal", "image_url"]
    text: str = ""
    refusal: str = ""
    image_url: _Image | None = None
    cache_control: object = None


class _Message(Plain):
    role: str
    content: str | list[_Part] | None = None
    name: str | None = None
    tool_calls: list[object] | None = None
    tool_call_id: str | None = None
    function_call: object = None
    refusal: str | None = None
    reasoning: str | None = None
    reasoning_content: str | None = None
    reasoning_details: list[object] | None = None
    annotations: object = None
    audio: None = None
    cache_control: object = None


class _Tool(Plain):
    type: Literal["function", "custom"]
    function: object = None
    custom: object = None
    cache_control: object = None


class _Reasoning(Plain):
    """OpenRouter's settings, and those of the providers that took over Anthropic's (`thinking`)."""

    type: str = ""
    effort: str | None = None
    summary: str | None = None
    enabled: bool | None = None
    exclude: bool | None = None
    max_tokens: Limit | None = None
    budget_tokens: Limit | None = None


class _Chat(Plain):
    model: str = ""
    messages: list[_Message]
    max_tokens: Limit | None = None
    max_completion_tokens: Limit | None = None
    n: Answers | None = None
    reasoning: _Reasoning | None = None
    thinking: _Reasoning | None = None
    tools: list[_Tool] | None = None
    functions: list[object] | None = None
    modalities: list[Literal["text"]] | None = None
    stream: bool | None = None
    stream_options: object = None
    tool_choice: object = None
    function_call: object = None
    parallel_tool_calls: bool | None = None
    response_format: object = None
    reasoning_effort: str | None = None
    verbosity: str | None = None
    temperature: float | None = None
    top_p: float | None = None
    top_k: float | None = None
    min_p: float | None = None
    frequency_penalty: float | None = None
    presence_penalty: float | None = None
    repetition_penalty: float | None = None
    logit_bias: object = None
    logprobs: bool | None = None
    top_logprobs: int | None = None
    stop: str | list[str] | None = None
    seed: int | None = None
    store: bool | None = None
    user: str | None = None
    metadata: object = None
    usage: object = None
    prompt_cache_key: str | None = None
    prompt_cache_retention: str | None = None
    cache_prompt: bool | None = None
    safety_identifier: str | None = None
    service_tier: str | None = None


def most_output(body: Mapping[str, object], shown: Shown) -> int | None:
    """Tokens that all its answers have at most; None if that is not known. Its pictures are added to `shown`."""
    chat = understand(_Chat, body, shown)
    if chat is None or SEARCHING in chat.model:
        return None
    limits = [limit for limit in (chat.max_tokens, chat.max_completion_tokens) if limit]
    if not limits:
        return None
    thought = sum(
        (settings.max_tokens or 0) + (settings.budget_tokens or 0)
        for settings in (chat.reasoning, chat.thinking)
        if settings is not None
    )
    return (max(limits) + thought) * (chat.n or 1)
