"""OpenAI's chat completions, which most local servers speak too."""

from collections.abc import Mapping

from overnight.models.pictures import load_of
from overnight.models.usage import Wire
from overnight.models.wires.openai import OpenAIKeys, refusal
from overnight.models.wires.plain import Shown
from overnight.models.wires.plain_chat import most_output
from overnight.models.wires.wire import (
    Counts,
    Foreign,
    LimitsThemselves,
    RequestSummary,
    RunningTotals,
    Tokens,
    UpstreamRequest,
    at_most_one,
    characters,
    items,
    mapping,
    read,
    text,
)

FORBIDDEN = 403  # 429, OpenAI's own, is tried again by every client; 400 by some


NO_WORDS = frozenset({"role", "reasoning_content", "reasoning", "reasoning_details"})  # or thoughts, which are counted apart


class _Details(Foreign):
    cached_tokens: Tokens | None = None


class _Usage(Foreign):
    prompt_tokens: Tokens = 0
    completion_tokens: Tokens = 0
    total_tokens: Tokens | None = None
    prompt_tokens_details: _Details | None = None
    prompt_cache_hit_tokens: Tokens | None = None  # DeepSeek's name for the cached ones


class _Choice(Foreign):
    finish_reason: object = None


class _Answer(Foreign):
    usage: _Usage | None = None
    choices: list[_Choice] | None = None


class _Chunk(Foreign):
    choices: list[Foreign] | None = None
    usage: _Usage | None = None


class OpenAIChat(OpenAIKeys, LimitsThemselves, RunningTotals):
    """`POST /v1/chat/completions`.

    A request without a limit gets none from us: reasoning models refuse `max_tokens`, other providers know nothing else.
    """

    wire = Wire.OPENAI_CHAT

    def read_request(self, body: Mapping[str, object]) -> RequestSummary:
        """What the request asks for."""
        shown: Shown = []
        return RequestSummary(
            model=text(body.get("model")),
            stream=body.get("stream") is True,
            most_output=most_output(body, shown),
            single=at_most_one(body.get("n")),
            pictures=load_of(shown, self.wire),
        )

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
            final=all(choice.finish_reason for choice in answer.choices or ()),  # some providers count in every chunk
        )

    def output_characters(self, event: Mapping[str, object]) -> int:
        """The characters of deltas, or of messages."""
        choices = items(event.get("choices"))
        return sum(_said(mapping(choice.get("delta"))) + _said(mapping(choice.get("message"))) for choice in choices)

    def refusal(self, message: str) -> tuple[int, Mapping[str, object]]:
        """OpenAI's shape of a spent quota, with a status that is not tried again."""
        return FORBIDDEN, refusal(message)


def _said(message: Mapping[str, object]) -> int:
    """The characters of a message or a part of one; its thoughts once, which some providers send under three names."""
    thoughts = [message[name] for name in ("reasoning_content", "reasoning", "reasoning_details") if message.get(name)]
    rest = [value for name, value in message.items() if name not in NO_WORDS]
    return characters(rest) + max(map(characters, thoughts), default=0)
