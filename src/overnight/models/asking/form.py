"""A dialogue in the form of one wire: what a module of `wires/` writes and reads."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Protocol

from overnight.models.asking.messages import Message
from overnight.models.asking.schemas import Shape
from overnight.models.asking.tools import Tool


class Ending(StrEnum):
    """Why an answer ended."""

    END = "end"  # the model had said all
    TOOL = "tool"  # it waits for the results of its calls
    LENGTH = "length"  # it was cut at its length limit
    REFUSED = "refused"  # the model, or its provider, does not answer this


@dataclass(frozen=True, slots=True, kw_only=True)
class Question:
    """What is asked, whatever the wire."""

    messages: Sequence[Message]
    model: str
    system: str
    most_output: int  # tokens of the answer
    tools: Sequence[Tool] = ()
    shape: Shape | None = None  # of the answer; None: words
    plain: bool = False  # without what many servers do not know: strict schemas, and answers in a shape


@dataclass(frozen=True, slots=True, kw_only=True)
class RawCall:
    """A call as it came."""

    id: str
    name: str
    arguments: object
    seal: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Said:
    """An answer as it came."""

    text: str
    calls: Sequence[RawCall] = ()
    ending: Ending = Ending.END


class Form(Protocol):
    """A module each, in `wires/`."""

    def request(self, question: Question) -> Mapping[str, object]:
        """The body of a request."""
        ...

    def read(self, answer: Mapping[str, object]) -> Said:
        """What the model said.

        Raises:
            ValueError: it is not an answer of this wire.
        """
        ...


def ending(*, cut: bool, refused: bool, calls: Sequence[RawCall]) -> Ending:
    """Why an answer ended: that it was cut, or not given, counts before what is in it."""
    if cut:
        return Ending.LENGTH
    if refused:
        return Ending.REFUSED
    return Ending.TOOL if calls else Ending.END
