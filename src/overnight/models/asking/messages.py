"""What we and a model have said to each other, independent of the wire."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from itertools import takewhile

from overnight.models.pictures import Picture


@dataclass(frozen=True, slots=True, kw_only=True)
class UserMessage:
    """A prompt of ours."""

    text: str
    pictures: Sequence[Picture] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class ToolCall:
    """A call as the dialogue keeps it, to be said again in the next request."""

    id: str
    name: str
    arguments: Mapping[str, object] = field(default_factory=dict)  # JSON; empty if they could not be read
    seal: str = ""  # that its provider wants back with it


@dataclass(frozen=True, slots=True, kw_only=True)
class AssistantMessage:
    """An answer of the model."""

    text: str
    calls: Sequence[ToolCall] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class ToolResult:
    """What came of a call."""

    id: str  # of the call
    name: str  # of its tool
    text: str
    pictures: Sequence[Picture] = ()


Message = UserMessage | AssistantMessage | ToolResult


def open_calls(messages: Sequence[Message]) -> Sequence[ToolCall]:
    """The calls at the end of a dialogue that have no result yet; every wire wants one for each before anything else."""
    results = list(takewhile(lambda entry: isinstance(entry, ToolResult), reversed(messages)))
    before = messages[: len(messages) - len(results)]
    return before[-1].calls[len(results) :] if before and isinstance(before[-1], AssistantMessage) else ()
