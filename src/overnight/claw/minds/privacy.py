"""Takes what a person keeps private out of what a model is sent, unless all models that may be asked run on this machine.

Covered are the words of private facts, wherever they stand: in what is known, in the talk, in results, in what the model said
itself. Pictures are never sent. Does not cover: the same said in other words; what is only part of a fact.
"""

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace

from overnight.claw.record.record import FORGOTTEN, ClawRecord
from overnight.models.asking.messages import AssistantMessage, Message

PRIVATE = "[kept private]"
LEAST = 3  # characters of a text that is looked for


def veil_of(record: ClawRecord) -> Callable[[str], str]:
    """What takes the words of private facts out of a text."""
    texts = sorted({text for text in record.private_texts() if text != FORGOTTEN and len(text) >= LEAST}, key=len, reverse=True)
    if not texts:
        return str
    words = ("".join((r"\s+" if part.isspace() else re.escape(part)) for part in re.split(r"(\s+)", text)) for text in texts)
    pattern = re.compile("|".join(words), re.IGNORECASE)
    return lambda text: pattern.sub(PRIVATE, text)


def veiled(messages: Sequence[Message], veil: Callable[[str], str]) -> Sequence[Message]:
    """The dialogue as it may leave."""
    return [_veiled(message, veil) for message in messages]


def _veiled(message: Message, veil: Callable[[str], str]) -> Message:
    if not isinstance(message, AssistantMessage):
        return replace(message, text=veil(message.text))
    calls = [
        replace(call, arguments={name: _value(given, veil) for name, given in call.arguments.items()}) for call in message.calls
    ]
    return replace(message, text=veil(message.text), calls=calls)


def _value(given: object, veil: Callable[[str], str]) -> object:
    if isinstance(given, Mapping):
        return {name: _value(each, veil) for name, each in given.items()}
    if isinstance(given, list):
        return [_value(each, veil) for each in given]
    return veil(given) if isinstance(given, str) else given
