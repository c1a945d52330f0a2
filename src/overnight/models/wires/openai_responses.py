"""OpenAI's responses, which Codex speaks."""

from collections.abc import Mapping

from overnight.models.pictures import load_of
from overnight.models.usage import Wire
from overnight.models.wires.openai import OpenAIKeys, refusal
from overnight.models.wires.plain import Shown
from overnight.models.wires.plain_responses import most_output
from overnight.models.wires.wire import (
    Counts,
    CountsUnasked,
    Foreign,
    RequestSummary,
    RunningTotals,
    Tokens,
    UpstreamRequest,
    characters,
    mapping,
    read,
    text,
)

ITEM_DONE = "response.output_item.done"
ENDS = frozenset({"response.completed", "response.incomplete", "response.failed"})  # types of the last event
LIMIT = "max_output_tokens"
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
    type: str = ""
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
        shown: Shown = []
        return RequestSummary(
            model=text(body.get("model")),
            stream=body.get("stream") is True,
            most_output=most_output(body, shown),
            single=True,
            pictures=load_of(shown, self.wire),
        )

    def limited(self, body: Mapping[str, object], tokens: int) -> Mapping[str, object] | None:
        """The request with `max_output_tokens`, which it does not have."""
        return {**body, LIMIT: tokens} if body.get(LIMIT) is None else None

    def refuses_limit(self, words: str) -> bool:
        """Whether an error is about that field."""
        return LIMIT in words

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
            final=event is not None and (event.usage is not None or event.type in ENDS),
        )

    def output_characters(self, event: Mapping[str, object]) -> int:
        """The characters of a delta, of sealed thoughts, or of an answer that is not streamed."""
        sealed = len(text(mapping(event.get("item")).get("encrypted_content"))) if event.get("type") == ITEM_DONE else 0
        return characters(event.get("delta")) + sealed + characters(event.get("output"))

    def refusal(self, message: str) -> tuple[int, Mapping[str, object]]:
        """OpenAI's shape of a spent quota, with a status that is not tried again."""
        return BAD_REQUEST, refusal(message)
