"""What the answers of Gemini's generateContent may have at most.

Its API takes each name in two spellings, `maxOutputTokens` and `max_output_tokens`. Thoughts count towards the limit, against
its documentation of thinking; so a limit of their own is added, to be on the safe side.
Source: https://github.com/googleapis/python-genai/issues/2062.

Does not cover: a provider that does not honour the limit that it is sent.
"""

from collections.abc import Mapping
from typing import Annotated

from pydantic import AliasChoices, AliasGenerator, ConfigDict, Field
from pydantic.alias_generators import to_camel

from overnight.models.wires.plain import Answers, Limit, PictureData, Plain, Shown, understand


class _Gemini(Plain):
    """A part with names in both spellings; both at once are one too many."""

    model_config = ConfigDict(
        alias_generator=AliasGenerator(validation_alias=lambda name: AliasChoices(to_camel(name), name)), extra="forbid"
    )


class _FunctionResponse(_Gemini):
    id: str | None = None
    name: str = ""
    response: object = None


class _Blob(_Gemini):
    mime_type: Annotated[str, Field(pattern="^image/")]
    data: PictureData


class _Part(_Gemini):
    text: str | None = None
    inline_data: _Blob | None = None
    thought: bool | None = None
    thought_signature: str | None = None
    function_call: object = None
    function_response: _FunctionResponse | None = None


class _Content(_Gemini):
    role: str | None = None
    parts: list[_Part]


class _Tool(_Gemini):
    function_declarations: list[object]


class _Thinking(_Gemini):
    include_thoughts: bool | None = None
    thinking_level: str | None = None
    thinking_budget: int | None = None  # -1: as the model likes, 0: none


class _Generation(_Gemini):
    max_output_tokens: Limit | None = None
    candidate_count: Answers | None = None
    thinking_config: _Thinking | None = None
    temperature: float | None = None
    top_p: float | None = None
    top_k: float | None = None
    seed: int | None = None
    stop_sequences: list[str] | None = None
    presence_penalty: float | None = None
    frequency_penalty: float | None = None
    response_mime_type: str | None = None
    response_schema: object = None
    response_json_schema: object = None
    response_logprobs: bool | None = None
    logprobs: int | None = None


class _Generate(_Gemini):
    model: str | None = None
    contents: list[_Content]
    system_instruction: _Content | None = None
    tools: list[_Tool] | None = None
    tool_config: object = None
    safety_settings: object = None
    generation_config: _Generation | None = None
    cached_content: None = None
    labels: object = None
    service_tier: str | None = None


def most_output(body: Mapping[str, object], shown: Shown) -> int | None:
    """Tokens that all its answers have at most; None if that is not known. Its pictures are added to `shown`."""
    generate = understand(_Generate, body, shown)
    settings = generate.generation_config if generate else None
    if settings is None or settings.max_output_tokens is None:
        return None
    thought = settings.thinking_config.thinking_budget if settings.thinking_config else None
    return (settings.max_output_tokens + max(0, thought or 0)) * (settings.candidate_count or 1)
