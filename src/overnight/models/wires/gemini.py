"""Gemini's generateContent."""

from collections.abc import Mapping
from urllib.parse import quote

from overnight.models.usage import Wire
from overnight.models.wires.wire import (
    DEFAULT_OUTPUT_TOKENS,
    Counts,
    CountsUnasked,
    Foreign,
    RequestSummary,
    Tokens,
    UpstreamRequest,
    items,
    mapping,
    read,
    text,
    whole,
)

FORBIDDEN = 403
STATUSES: Mapping[int, str] = {401: "UNAUTHENTICATED", 404: "NOT_FOUND"}


class _Usage(Foreign):
    promptTokenCount: Tokens | None = None  # noqa: N815  # Gemini's names
    cachedContentTokenCount: Tokens | None = None  # noqa: N815
    candidatesTokenCount: Tokens | None = None  # noqa: N815
    thoughtsTokenCount: Tokens | None = None  # noqa: N815
    toolUsePromptTokenCount: Tokens | None = None  # noqa: N815


class _Candidate(Foreign):
    finishReason: str | None = None  # noqa: N815


class _Answer(Foreign):
    usageMetadata: _Usage | None = None  # noqa: N815
    candidates: list[_Candidate] | None = None
    promptFeedback: Foreign | None = None  # noqa: N815  # instead of candidates, if the prompt is refused


class Gemini(CountsUnasked):
    """`POST /v1beta/models/<model>:generateContent` and `:streamGenerateContent`."""

    wire = Wire.GEMINI
    version = "v1beta"
    headers: Mapping[str, str] = {}
    passed_on: tuple[str, ...] = ()

    def read_request(self, body: Mapping[str, object]) -> RequestSummary:
        """What the request asks for; its path says which model, and whether as a stream."""
        settings = mapping(body.get("generationConfig"))
        limit = whole(settings.get("maxOutputTokens")) or DEFAULT_OUTPUT_TOKENS
        answers = max(1, whole(settings.get("candidateCount")) or 1)
        return RequestSummary(model=text(body.get("model")), stream=False, output_tokens=limit * answers)

    def build_request(self, body: Mapping[str, object], *, model: str, stream: bool) -> UpstreamRequest:
        """The request, at the path of the provider's model name."""
        method = "streamGenerateContent" if stream else "generateContent"
        sent = {key: value for key, value in body.items() if key != "model"}
        return UpstreamRequest(path=f"/models/{quote(model, safe='')}:{method}", body=sent, query="alt=sse" if stream else "")

    def counts(self, document: bytes) -> Counts | None:
        """The counts of an answer or of a chunk; the last chunk has those of the whole."""
        answer = read(_Answer, document)
        if answer is None or answer.usageMetadata is None:
            return None
        usage = answer.usageMetadata
        ended = any(candidate.finishReason for candidate in answer.candidates or ()) or answer.promptFeedback is not None
        return Counts(
            input_tokens=(usage.promptTokenCount or 0) + (usage.toolUsePromptTokenCount or 0),
            cached_tokens=usage.cachedContentTokenCount or 0,
            output_tokens=(usage.candidatesTokenCount or 0) + (usage.thoughtsTokenCount or 0),
            final=ended,
        )

    def merge(self, old: Counts, new: Counts) -> Counts:  # noqa: ARG002  # the newest holds all
        """The newest chunk has the counts of all before."""
        return new

    def output_characters(self, event: Mapping[str, object]) -> int:
        """The characters of a chunk's parts."""
        candidates = items(event.get("candidates"))
        parts = [part for candidate in candidates for part in items(mapping(candidate.get("content")).get("parts"))]
        return sum(len(text(part.get("text"))) for part in parts)

    def key_headers(self, key: str) -> Mapping[str, str]:
        """Gemini's own header."""
        return {"x-goog-api-key": key}

    def refusal(self, message: str) -> tuple[int, Mapping[str, object]]:
        """Gemini's shape of a refusal; its own status of a spent quota, 429, is tried again by clients."""
        return FORBIDDEN, {"error": {"code": FORBIDDEN, "message": message, "status": "PERMISSION_DENIED"}}

    def error_body(self, status: int, message: str) -> Mapping[str, object]:
        """Gemini's shape of an error."""
        return {"error": {"code": status, "message": message, "status": STATUSES.get(status, "INVALID_ARGUMENT")}}
