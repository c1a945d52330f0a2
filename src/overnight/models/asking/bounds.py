"""What of a model's answer goes on into the dialogue, whatever a hostile one sends: every later request repeats it."""

from dataclasses import replace

from overnight.models.asking.form import RawCall, Said
from overnight.words.foreign import cut_middle

WORDS = 64_000  # characters; an answer of as many tokens as we ask for has fewer
CALLS = 32  # of one answer, with a result each; models make up to a dozen
SEAL = 8_192  # characters of a call's seal; providers use some hundred
ID = 256  # characters of a call's id; providers use 40
NAME = 256  # characters of the name that a call has


def bounded(said: Said) -> tuple[Said, int]:
    """The answer, cut to its limits, in text that can be encoded; and how many calls were left out."""
    kept = replace(said, text=cut_middle(_encodable(said.text), WORDS), calls=[_bounded(call) for call in said.calls[:CALLS]])
    return kept, max(0, len(said.calls) - CALLS)


def named(said: Said, number: int) -> Said:
    """The answer with an id for each call, counted from a number for those that have none, or one that another has too."""
    ids: dict[str, RawCall] = {}
    for at, call in enumerate(said.calls):
        id_ = call.id if call.id and call.id not in ids else f"call_{number + at}"
        while id_ in ids:
            id_ += "_"
        ids[id_] = replace(call, id=id_)
    return replace(said, calls=list(ids.values()))


def _bounded(call: RawCall) -> RawCall:
    seal = _encodable(call.seal) if len(call.seal) <= SEAL else ""  # a part of one is worth nothing
    return replace(call, id=_encodable(call.id[:ID]), name=_encodable(call.name[:NAME]), seal=seal)


def _encodable(text: str) -> str:
    """A text without lone surrogates, which no wire and no shell takes."""
    return text.encode(errors="replace").decode()
