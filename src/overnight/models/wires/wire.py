"""What the gateway has to know of a format of requests to models."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Annotated, Protocol, TypeVar

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from overnight.models.pictures import NO_PICTURES, PictureLoad
from overnight.models.usage import Wire

LARGEST_COUNT = 10**7  # tokens of one call, ten times what the largest models take; a larger one is not believed

Tokens = Annotated[int, Field(ge=0, le=LARGEST_COUNT)]
M = TypeVar("M", bound=BaseModel)


class Foreign(BaseModel):
    """A part of a provider's answer; what we do not read is ignored."""

    model_config = ConfigDict(extra="ignore", frozen=True)


@dataclass(frozen=True, slots=True, kw_only=True)
class Counts:
    """The tokens of one call, as its provider counts them."""

    input_tokens: int = 0  # cached and written ones included
    cached_tokens: int = 0
    written_tokens: int = 0
    output_tokens: int = 0  # reasoning included, unless it is counted apart
    thought_tokens: int = 0  # reasoning, if it is counted beside the output
    final: bool = True  # False: more is to come, as at the start of a stream

    @property
    def all_output(self) -> int:
        """What the model wrote, thoughts included."""
        return self.output_tokens + self.thought_tokens


@dataclass(frozen=True, slots=True, kw_only=True)
class RequestSummary:
    """What a request asks for."""

    model: str
    stream: bool
    most_output: int | None  # tokens of its answers; None: not known, or a part of its input is out of sight
    single: bool  # it asks for one answer, not for several side by side
    pictures: PictureLoad = NO_PICTURES  # none if a part of its input is out of sight


@dataclass(frozen=True, slots=True, kw_only=True)
class UpstreamRequest:
    """A request as it goes to a provider."""

    path: str  # below the API version
    body: Mapping[str, object] | None  # None: a GET request
    query: str = ""


class Format(Protocol):
    """One wire: how its requests and answers are read, and its errors written."""

    @property
    def wire(self) -> Wire:
        """Which it is."""
        ...

    @property
    def version(self) -> str:
        """Path segment before `UpstreamRequest.path`, if a base URL has none."""
        ...

    @property
    def headers(self) -> Mapping[str, str]:
        """What every request needs."""
        ...

    @property
    def passed_on(self) -> tuple[str, ...]:
        """Names of a client's headers that a provider needs to see, in lower case."""
        ...

    def read_request(self, body: Mapping[str, object]) -> RequestSummary:
        """What the request asks for; for Gemini `model` and `stream` come from the path.

        Raises:
            ValueError: it is something that cannot be metered; says what.
        """
        ...

    def limited(self, body: Mapping[str, object], tokens: int) -> Mapping[str, object] | None:
        """The request with a limit for its answer; None if it names one, or if no field for it suits every provider."""
        ...

    def refuses_limit(self, words: str) -> bool:
        """Whether an error, in lower case, may be about the limit that `limited` put in."""
        ...

    def build_request(self, body: Mapping[str, object], *, model: str, stream: bool) -> UpstreamRequest:
        """The request for a provider that calls the model `model`."""
        ...

    def hides_usage(self, body: Mapping[str, object]) -> bool:
        """Whether `send` asks for an event with the counts that the client did not ask for."""
        ...

    def is_usage_only(self, event: bytes) -> bool:
        """Whether an event of a stream holds counts and nothing else."""
        ...

    def counts(self, document: bytes) -> Counts | None:
        """The counts in an answer or in one event of a stream; None if it has none."""
        ...

    def merge(self, old: Counts, new: Counts) -> Counts:
        """The counts of a stream, `new` after `old`."""
        ...

    def output_characters(self, event: Mapping[str, object]) -> int:
        """How many characters of the model's output an answer or one event of a stream holds."""
        ...

    def key_headers(self, key: str) -> Mapping[str, str]:
        """The headers that carry a key."""
        ...

    def refusal(self, message: str) -> tuple[int, Mapping[str, object]]:
        """Status and body of an error at which agents stop, and which their clients do not try again."""
        ...

    def error_body(self, status: int, message: str) -> Mapping[str, object]:
        """The body of an error for a mistake of the client's."""
        ...


def read(model: type[M], document: bytes) -> M | None:
    """The part of a document that `model` names, None if the document is something else."""
    try:
        return model.model_validate_json(document)
    except ValidationError:
        return None


def at_most_one(value: object) -> bool:
    """Whether a request asks for one answer by this number of answers."""
    return value is None or value == 1


def text(value: object) -> str:
    """A text field of a request or an event, empty if it is not one."""
    return value if isinstance(value, str) else ""


def mapping(value: object) -> Mapping[str, object]:
    """An object field, empty if it is not one."""
    return value if isinstance(value, dict) else {}


def items(value: object) -> list[Mapping[str, object]]:
    """The objects of a list field."""
    return [entry for entry in value if isinstance(entry, dict)] if isinstance(value, list) else []


# What an answer's words come with in every piece; their lengths are no words.
_LABELS = frozenset({"type", "role", "id", "index", "status", "call_id", "object", "finish_reason", "stop_reason"})


def characters(value: object) -> int:
    """How many characters the texts in a part of an answer have, hidden thoughts in their sealed form too."""
    if isinstance(value, str):
        return len(value)
    if isinstance(value, dict):
        return sum(characters(part) for name, part in value.items() if name not in _LABELS)
    return sum(map(characters, value)) if isinstance(value, list) else 0


class CountsUnasked:
    """Part of a wire whose streams bring their counts by themselves, in events that the client gets as well."""

    def hides_usage(self, body: Mapping[str, object]) -> bool:  # noqa: ARG002  # for every body alike
        """Never: nothing is asked for beyond what the client asked."""
        return False

    def is_usage_only(self, event: bytes) -> bool:  # noqa: ARG002  # for every body alike
        """Never: events with counts are part of the answer."""
        return False


class LimitsThemselves:
    """Part of a wire whose requests get no limit from us: each has to name one, or providers differ in the field."""

    def limited(self, body: Mapping[str, object], tokens: int) -> Mapping[str, object] | None:  # noqa: ARG002  # none fits all
        """Nothing."""
        return None

    def refuses_limit(self, words: str) -> bool:  # noqa: ARG002  # there is none
        """Never."""
        return False


class RunningTotals:
    """Part of a wire whose streams count from the start in each event that has counts, with some of them left at zero."""

    def merge(self, old: Counts, new: Counts) -> Counts:
        """The greater of each count."""
        return Counts(
            input_tokens=max(old.input_tokens, new.input_tokens),
            cached_tokens=max(old.cached_tokens, new.cached_tokens),
            written_tokens=max(old.written_tokens, new.written_tokens),
            output_tokens=max(old.output_tokens, new.output_tokens),
            thought_tokens=max(old.thought_tokens, new.thought_tokens),
            final=old.final or new.final,
        )
