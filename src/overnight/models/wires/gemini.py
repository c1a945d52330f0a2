"""Gemini's generateContent."""

from collections.abc import Mapping
from urllib.parse import quote

from overnight.models.pictures import load_of
from overnight.models.usage import Wire
from overnight.models.wires.plain import Shown
from overnight.models.wires.plain_gemini import most_output
from overnight.models.wires.wire import (
    Counts,
    CountsUnasked,
    Foreign,
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

FORBIDDEN = 403
# Both spellings that the API takes.
SETTINGS = ("generationConfig", "generation_config")
LIMITS = ("maxOutputTokens", "max_output_tokens")
CANDIDATES = ("candidateCount", "candidate_count")
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


class Gemini(RunningTotals, CountsUnasked):
    """`POST /v1beta/models/<model>:generateContent` and `:streamGenerateContent`."""

    wire = Wire.GEMINI
    version = "v1beta"
    headers: Mapping[str, str] = {}
    passed_on: tuple[str, ...] = ()

    def read_request(self, body: Mapping[str, object]) -> RequestSummary:
        """What the request asks for; its path says which model, and whether as a stream."""
        answers = [mapping(body.get(name)).get(count) for name in SETTINGS for count in CANDIDATES]
        shown: Shown = []
        return RequestSummary(
            model=text(body.get("model")),
            stream=False,
            most_output=most_output(body, shown),
            single=all(map(at_most_one, answers)),
            pictures=load_of(shown, self.wire),
        )

    def limited(self, body: Mapping[str, object], tokens: int) -> Mapping[str, object] | None:
        """The request with `maxOutputTokens`, which it does not have in either spelling."""
        name = next((name for name in SETTINGS if body.get(name) is not None), SETTINGS[0])
        settings = body.get(name) or {}
        if not isinstance(settings, dict) or any(settings.get(limit) is not None for limit in LIMITS):
            return None
        return {**body, name: {**settings, LIMITS[0]: tokens}}

    def refuses_limit(self, words: str) -> bool:
        """Whether an error is about that field."""
        return any(limit.lower() in words for limit in LIMITS)

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
        asked = (usage.promptTokenCount or 0) + (usage.toolUsePromptTokenCount or 0)
        return Counts(
            input_tokens=asked,
            cached_tokens=min(usage.cachedContentTokenCount or 0, asked),
            output_tokens=usage.candidatesTokenCount or 0,
            thought_tokens=usage.thoughtsTokenCount or 0,
            final=ended,
        )

    def output_characters(self, event: Mapping[str, object]) -> int:
        """The characters of the candidates' parts."""
        candidates = items(event.get("candidates"))
        return sum(characters(mapping(candidate.get("content")).get("parts")) for candidate in candidates)

    def key_headers(self, key: str) -> Mapping[str, str]:
        """Gemini's own header."""
        return {"x-goog-api-key": key}

    def refusal(self, message: str) -> tuple[int, Mapping[str, object]]:
        """Gemini's shape of a refusal; its own status of a spent quota, 429, is tried again by clients."""
        return FORBIDDEN, {"error": {"code": FORBIDDEN, "message": message, "status": "PERMISSION_DENIED"}}

    def error_body(self, status: int, message: str) -> Mapping[str, object]:
        """Gemini's shape of an error."""
        return {"error": {"code": status, "message": message, "status": STATUSES.get(status, "INVALID_ARGUMENT")}}
