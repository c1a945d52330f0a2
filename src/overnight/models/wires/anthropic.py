"""Anthropic's messages."""

from collections.abc import Mapping

from overnight.models.pictures import load_of
from overnight.models.usage import Wire
from overnight.models.wires.plain import Shown
from overnight.models.wires.plain_anthropic import most_output
from overnight.models.wires.wire import (
    Counts,
    CountsUnasked,
    Foreign,
    LimitsThemselves,
    RequestSummary,
    RunningTotals,
    Tokens,
    UpstreamRequest,
    characters,
    read,
    text,
)

PAYMENT_REQUIRED = 402  # Anthropic's status of a billing error; no client tries it again
ERRORS: Mapping[int, str] = {401: "authentication_error", 404: "not_found_error", 413: "request_too_large"}


class _Usage(Foreign):
    input_tokens: Tokens | None = None
    cache_read_input_tokens: Tokens | None = None
    cache_creation_input_tokens: Tokens | None = None
    output_tokens: Tokens | None = None


class _Message(Foreign):
    usage: _Usage | None = None


class _Event(Foreign):
    type: str = ""
    message: _Message | None = None  # of `message_start`
    usage: _Usage | None = None  # of `message_delta`, and of an answer that is not streamed


class Anthropic(LimitsThemselves, RunningTotals, CountsUnasked):
    """`POST /v1/messages`."""

    wire = Wire.ANTHROPIC
    version = "v1"
    headers: Mapping[str, str] = {"anthropic-version": "2023-06-01"}  # the only one so far
    passed_on = ("anthropic-version", "anthropic-beta")

    def read_request(self, body: Mapping[str, object]) -> RequestSummary:
        """What the request asks for."""
        shown: Shown = []
        return RequestSummary(
            model=text(body.get("model")),
            stream=body.get("stream") is True,
            most_output=most_output(body, shown),
            single=True,
            pictures=load_of(shown, self.wire),
        )

    def build_request(self, body: Mapping[str, object], *, model: str, stream: bool) -> UpstreamRequest:  # noqa: ARG002  # the body says it
        """The request with the provider's model name."""
        return UpstreamRequest(path="/messages", body={**body, "model": model})

    def counts(self, document: bytes) -> Counts | None:
        """The counts of an answer, of a stream's start (the input) or of its end (the output)."""
        event = read(_Event, document)
        if event is None:
            return None
        usage = event.usage or (event.message.usage if event.message else None)
        if usage is None:
            return None
        cached, written = usage.cache_read_input_tokens or 0, usage.cache_creation_input_tokens or 0
        return Counts(
            input_tokens=(usage.input_tokens or 0) + cached + written,
            cached_tokens=cached,
            written_tokens=written,
            output_tokens=usage.output_tokens or 0,
            final=event.usage is not None,
        )

    def output_characters(self, event: Mapping[str, object]) -> int:
        """The characters of a delta, of the start of a block, or of an answer that is not streamed."""
        return sum(characters(event.get(part)) for part in ("delta", "content_block", "content"))

    def key_headers(self, key: str) -> Mapping[str, str]:
        """Anthropic's own header."""
        return {"x-api-key": key}

    def refusal(self, message: str) -> tuple[int, Mapping[str, object]]:
        """Anthropic's shape of a billing error."""
        return PAYMENT_REQUIRED, {"type": "error", "error": {"type": "billing_error", "message": message}}

    def error_body(self, status: int, message: str) -> Mapping[str, object]:
        """Anthropic's shape of an error."""
        return {"type": "error", "error": {"type": ERRORS.get(status, "invalid_request_error"), "message": message}}
