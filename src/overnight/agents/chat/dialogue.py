"""What we and a model have said to each other, independent of the wire."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import takewhile
from typing import Protocol


@dataclass(frozen=True, slots=True, kw_only=True)
class UserMessage:
    """A prompt of ours."""

    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ToolCall:
    """A shell command that the model asks to run."""

    id: str
    command: str | None  # None: its arguments could not be read
    seal: str = ""  # that its provider wants back with it


@dataclass(frozen=True, slots=True, kw_only=True)
class ModelMessage:
    """An answer of the model."""

    text: str
    calls: Sequence[ToolCall] = ()
    cut: bool = False  # at its length limit
    left_out: int = 0  # calls beyond those that are read


@dataclass(frozen=True, slots=True, kw_only=True)
class ToolResult:
    """What a command printed."""

    id: str  # of the call
    text: str


Entry = UserMessage | ModelMessage | ToolResult


class Form(Protocol):
    """A dialogue in the form of one wire: a module each, in `wires/`."""

    def request(
        self, entries: Sequence[Entry], *, model: str, most_tokens: int, system: str, tools: bool
    ) -> Mapping[str, object]:
        """The body of a request; `tools`: whether it offers the shell."""
        ...

    def read(self, answer: Mapping[str, object]) -> ModelMessage:
        """What the model said.

        Raises:
            ValueError: it is not an answer of this wire.
        """
        ...


def open_calls(entries: Sequence[Entry]) -> Sequence[ToolCall]:
    """The calls at the end of a dialogue that have no result yet; every wire wants one for each before anything else."""
    results = list(takewhile(lambda entry: isinstance(entry, ToolResult), reversed(entries)))
    before = entries[: len(entries) - len(results)]
    return before[-1].calls[len(results) :] if before and isinstance(before[-1], ModelMessage) else ()
