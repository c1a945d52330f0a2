"""OpenAI's responses, which Codex speaks."""

from collections.abc import Mapping

from overnight.models.usage import Wire
from overnight.models.wires.openai import OpenAIKeys, refusal
from overnight.models.wires.wire import (
    DEFAULT_OUTPUT_TOKENS,
    Counts,
    CountsUnasked,
    Foreign,
    RequestSummary,
    RunningTotals,
    Tokens,
    UpstreamRequest,
    read,
    text,
    whole,
)

BAD_REQUEST = 400  # the only status that Codex 0.169 does not try again


class _Details(Foreign):
    cached_tokens: Tokens | None = None


class _Usage(Foreign):
    input_tokens: Tokens = 0
    output_tokens: Tokens = 0
    input_tokens_details: _Details | None = None


class _Answer(Foreign):
    usage: _Usage | None = None


class _Event(Foreign):
    response: _Answer | None = None
    usage: _Usage | None = None  # of an answer that is not streamed


class OpenAIResponses(OpenAIKeys, RunningTotals, CountsUnasked):
    """`POST /v1/responses`."""

    wire = Wire.OPENAI_RESPONSES

    def read_request(self, body: Mapping[str, object]) -> RequestSummary:
        """What the request asks for.

        Raises:
            ValueError: it would go on in the background, and could not be counted.
        """
        if body.get("background"):
            raise ValueError("`background` is not possible here: ask for an answer, or for a stream")
        limit = whole(body.get("max_output_tokens")) or DEFAULT_OUTPUT_TOKENS
        return RequestSummary(model=text(body.get("model")), stream=body.get("stream") is True, output_tokens=limit)

    def build_request(self, body: Mapping[str, object], *, model: str, stream: bool) -> UpstreamRequest:  # noqa: ARG002  # the body says it
        """The request with the provider's model name."""
        return UpstreamRequest(path="/responses", body={**body, "model": model})

    def counts(self, document: bytes) -> Counts | None:
        """The counts of an answer or of a stream's last event."""
        event = read(_Event, document)
        usage = None if event is None else event.usage or (event.response.usage if event.response else None)
        if usage is None:
            return None
        cached = (usage.input_tokens_details.cached_tokens if usage.input_tokens_details else None) or 0
        return Counts(
            input_tokens=usage.input_tokens,
            cached_tokens=min(cached, usage.input_tokens),
            output_tokens=usage.output_tokens,
        )

    def output_characters(self, event: Mapping[str, object]) -> int:
        """The characters of a delta."""
        return len(text(event.get("delta")))

    def refusal(self, message: str) -> tuple[int, Mapping[str, object]]:
        """OpenAI's shape of a spent quota, with a status that is not tried again."""
        return BAD_REQUEST, refusal(message)
