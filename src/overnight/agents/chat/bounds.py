"""What of a model's answer goes on into the dialogue, whatever a hostile one sends: every later request repeats it."""

from dataclasses import replace

from overnight.agents.chat.dialogue import ModelMessage, ToolCall
from overnight.agents.chat.tool import LONGEST
from overnight.words.foreign import cut_middle

WORDS = 64_000  # characters; an answer of as many tokens as we ask for has fewer
CALLS = 32  # of one answer, with a result each; models make up to a dozen
SEAL = 8_192  # characters of a call's seal; providers use some hundred
ID = 256  # characters of a call's id; providers use 40


def bounded(said: ModelMessage) -> ModelMessage:
    """The answer, cut to its limits, in text that can be encoded."""
    return replace(
        said,
        text=cut_middle(_encodable(said.text), WORDS),
        calls=[_bounded(call) for call in said.calls[:CALLS]],
        left_out=max(0, len(said.calls) - CALLS),
    )


def named(said: ModelMessage, number: int) -> ModelMessage:
    """The answer with an id for each call, counted from a number for those that have none, or one that another has too."""
    ids: dict[str, ToolCall] = {}
    for at, call in enumerate(said.calls):
        id_ = call.id if call.id and call.id not in ids else f"call_{number + at}"
        ids[id_] = replace(call, id=id_)
    return replace(said, calls=list(ids.values()))


def _bounded(call: ToolCall) -> ToolCall:
    # One character more than may run, so that the command is refused for its length and not run in part.
    command = None if call.command is None else _encodable(call.command[: LONGEST + 1])
    seal = _encodable(call.seal) if len(call.seal) <= SEAL else ""  # a part of one is worth nothing
    return ToolCall(id=_encodable(call.id[:ID]), command=command, seal=seal)


def _encodable(text: str) -> str:
    """A text without lone surrogates, which no wire and no shell takes."""
    return text.encode(errors="replace").decode()
