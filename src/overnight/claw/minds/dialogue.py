"""What a model and we said in one turn, as a step keeps it: so that a turn that was cut off goes on where it was."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache
from typing import TYPE_CHECKING

from overnight.claw.port import CallResult, Step
from overnight.models.asking.messages import AssistantMessage, Message, ToolCall, UserMessage
from overnight.models.asking.tools import Call, Tool

if TYPE_CHECKING:
    from pydantic import TypeAdapter


@dataclass(frozen=True, slots=True, kw_only=True)
class SaidCall:
    """A call as the model made it."""

    id: str
    name: str
    arguments: Mapping[str, object] = field(default_factory=dict)
    seal: str = ""
    written: bool = False  # as text
    result: str | None = None  # why it is not called; None: it is, and its result is the turn's next one


@dataclass(frozen=True, slots=True, kw_only=True)
class Exchange:
    """One answer of the model, and what we said to it."""

    text: str
    calls: Sequence[SaidCall] = ()
    then: str = ""  # our words after it


def encode(exchanges: Sequence[Exchange]) -> str:
    """Exchanges as a step keeps them."""
    return _adapter().dump_json(list(exchanges)).decode()


def decode(text: str) -> Sequence[Exchange]:
    """The exchanges of a step; none if it was forgotten, or is of another mind."""
    try:
        return _adapter().validate_json(text)
    except ValueError:
        return ()


def messages_of(
    steps: Sequence[Step],
    fresh: Sequence[Exchange],
    results: Sequence[CallResult],
    tools: Sequence[Tool],
    shown: Callable[[int, CallResult], str],
) -> Iterator[Message]:
    """The dialogue after the turn's first message; `shown`: a result, by its number, as the model may see it."""
    number = 0
    for exchange in [*(each for step in steps for each in decode(step.dialogue)), *fresh]:
        said = [ToolCall(id=call.id, name=call.name, arguments=call.arguments, seal=call.seal) for call in exchange.calls]
        wire = [call for call, given in zip(said, exchange.calls, strict=True) if not given.written]
        yield AssistantMessage(text=exchange.text, calls=wire)
        for call, given in zip(said, exchange.calls, strict=True):
            text = given.result
            if text is None:
                text = shown(number + 1, results[number]) if number < len(results) else "Not done."
                number += 1
            yield Call(id=call.id, tool=tools[0], input=None, said=call, written=given.written).result(text)
        if exchange.then:
            yield UserMessage(text=exchange.then)


@cache
def _adapter() -> "TypeAdapter[list[Exchange]]":
    from pydantic import TypeAdapter

    return TypeAdapter(list[Exchange])
