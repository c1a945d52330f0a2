"""What an answer of OpenAI's responses may have at most.

Does not cover: a provider that does not honour the limit that it is sent.
"""

from collections.abc import Mapping
from typing import Literal

from pydantic import ConfigDict

from overnight.models.wires.plain import SEARCHING, Limit, PictureUrl, Plain, Shown, understand


class _Part(Plain):
    type: Literal["input_text", "input_image", "output_text", "text", "summary_text", "reasoning_text", "refusal"]
    text: str = ""
    refusal: str = ""
    image_url: PictureUrl | None = None
    detail: str | None = None
    annotations: object = None
    logprobs: object = None


class _Tool(Plain):
    """One that the client runs; its other fields describe it."""

    model_config = ConfigDict(extra="allow")

    type: Literal["function", "custom", "local_shell", "apply_patch", "namespace"]
    tools: list["_Tool"] | None = None


class _Item(Plain):
    type: Literal[
        "message",
        "reasoning",
        "function_call",
        "function_call_output",
        "custom_tool_call",
        "custom_tool_call_output",
        "local_shell_call",
        "local_shell_call_output",
        "apply_patch_call",
        "apply_patch_call_output",
        "additional_tools",
    ] = "message"
    id: str | None = None
    role: str | None = None
    phase: str | None = None
    status: str | None = None
    content: str | list[_Part] | None = None
    summary: list[_Part] | None = None
    encrypted_content: str | None = None
    call_id: str | None = None
    name: str | None = None
    namespace: str | None = None
    arguments: str | None = None
    input: str | None = None
    action: object = None
    operation: object = None
    output: str | list[_Part] | None = None
    tools: list[_Tool] | None = None


class _Responses(Plain):
    model: str = ""
    input: str | list[_Item]
    instructions: str | None = None
    max_output_tokens: Limit | None = None
    tools: list[_Tool] | None = None
    previous_response_id: None = None
    conversation: None = None
    prompt: None = None
    background: Literal[False] | None = None
    stream: bool | None = None
    stream_options: object = None
    tool_choice: str | dict[str, object] | None = None
    parallel_tool_calls: bool | None = None
    reasoning: object = None
    text: object = None
    include: list[str] | None = None
    truncation: str | None = None
    temperature: float | None = None
    top_p: float | None = None
    top_logprobs: int | None = None
    max_tool_calls: int | None = None
    store: bool | None = None
    user: str | None = None
    metadata: object = None
    client_metadata: object = None
    prompt_cache_key: str | None = None
    prompt_cache_retention: str | None = None
    safety_identifier: str | None = None
    service_tier: str | None = None


def most_output(body: Mapping[str, object], shown: Shown) -> int | None:
    """Tokens that its answer has at most; None if that is not known. Its pictures are added to `shown`."""
    responses = understand(_Responses, body, shown)
    return None if responses is None or SEARCHING in responses.model else responses.max_output_tokens
