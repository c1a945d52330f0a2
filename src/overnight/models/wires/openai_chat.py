"""OpenAI's chat completions, which most local servers speak too."""

from collections.abc import Mapping

from overnight.models.usage import Wire
from overnight.models.wires.openai import OpenAIKeys, refusal
from overnight.models.wires.wire import (
    DEFAULT_OUTPUT_TOKENS,
    Counts,
    Foreign,
    RequestSummary,
    RunningTotals,
    Tokens,
    UpstreamRequest,
    items,
    mapping,
    read,
    text,
    whole,
)

FORBIDDEN = 403  # 429, OpenAI's own, is tried again by every client; 400 by some


class _Details(Foreign):
    cached_tokens: Tokens | None = None


class _Usage(Foreign):
    prompt_tokens: Tokens = 0
    completion_tokens: Tokens = 0
    total_tokens: Tokens | None = None
    prompt_tokens_details: _Details | None = None
    prompt_cache_hit_tokens: Tokens | None = None  # DeepSeek's name for the cached ones


class _Answer(Foreign):
    usage: _Usage | None = None


class _Chunk(Foreign):
    choices: list[Foreign] | None = None
    usage: _Usage | None = None


class OpenAIChat(OpenAIKeys, RunningTotals):
    """`POST /v1/chat/completions`."""

    wire = Wire.OPENAI_CHAT

    def read_request(self, body: Mapping[str, object]) -> RequestSummary:
        """What the request asks for."""
        limit = whole(body.get("max_completion_tokens")) or whole(body.get("max_tokens")) or DEFAULT_OUTPUT_TOKENS
        answers = max(1, whole(body.get("n")) or 1)
        return RequestSummary(model=text(body.get("model")), stream=body.get("stream") is True, output_tokens=limit * answers)

    def build_request(self, body: Mapping[str, object], *, model: str, stream: bool) -> UpstreamRequest:
        """The request with the provider's model name, and with the counts asked for at the end of a stream."""
        sent = {**body, "model": model}
        if stream:
            sent["stream_options"] = {**mapping(body.get("stream_options")), "include_usage": True}
        return UpstreamRequest(path="/chat/completions", body=sent)

    def hides_usage(self, body: Mapping[str, object]) -> bool:
        """Whether the client did not ask for the counts of a stream."""
        return mapping(body.get("stream_options")).get("include_usage") is not True

    def is_usage_only(self, event: bytes) -> bool:
        """Whether a chunk has counts and no choice."""
        chunk = read(_Chunk, event)
        return chunk is not None and chunk.usage is not None and not chunk.choices

    def counts(self, document: bytes) -> Counts | None:
        """The counts of an answer or of a stream's last chunk."""
        answer = read(_Answer, document)
        if answer is None or answer.usage is None:
            return None
        usage = answer.usage
        details = usage.prompt_tokens_details
        cached = (details.cached_tokens if details else None) or usage.prompt_cache_hit_tokens or 0
        # Some providers leave reasoning out of the completion, but all of them count it in the total.
        reasoned = (usage.total_tokens or 0) - usage.prompt_tokens
        return Counts(
            input_tokens=usage.prompt_tokens,
            cached_tokens=min(cached, usage.prompt_tokens),
            output_tokens=max(usage.completion_tokens, reasoned),
        )

    def output_characters(self, event: Mapping[str, object]) -> int:
        """The characters of a chunk's deltas."""
        said = 0
        for choice in items(event.get("choices")):
            delta = mapping(choice.get("delta"))
            said += len(text(delta.get("content"))) + len(text(delta.get("reasoning_content")) or text(delta.get("reasoning")))
            said += sum(len(text(mapping(call.get("function")).get("arguments"))) for call in items(delta.get("tool_calls")))
        return said

    def refusal(self, message: str) -> tuple[int, Mapping[str, object]]:
        """OpenAI's shape of a spent quota, with a status that is not tried again."""
        return FORBIDDEN, refusal(message)
