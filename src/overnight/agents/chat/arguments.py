"""The command in the arguments of a call, in whatever form a model or its server gives them."""

import shlex
from collections.abc import Sequence

from pydantic_core import from_json

LONGEST_ARGUMENTS = 1_000_000  # characters; no command that is run has so many, however it is escaped
KEYS = ("command", "cmd", "script")
_SHELLS = (("bash", "-lc"), ("bash", "-c"), ("sh", "-c"))


def command_in(arguments: object) -> str | None:
    """The command: arguments are an object, or that as JSON, once or twice; None if there is none in them."""
    for _ in range(2):
        if isinstance(arguments, str):
            arguments = _parsed(arguments)
    if not isinstance(arguments, dict):
        return None
    return _command(next((arguments[key] for key in KEYS if key in arguments), None))


def _parsed(text: str) -> object:
    if len(text) > LONGEST_ARGUMENTS:
        return None
    try:
        parsed: object = from_json(text.encode(errors="replace"))
    except ValueError:
        return None
    return parsed


def _command(value: object) -> str | None:
    if isinstance(value, str):
        return value
    if isinstance(value, Sequence) and value and all(isinstance(word, str) for word in value):
        words = list(map(str, value))
        return words[2] if len(words) == 3 and tuple(words[:2]) in _SHELLS else shlex.join(words)  # noqa: PLR2004  # sh -c X
    return None
