"""Checks what a client gives to a tool against the tool's schema: the part of JSON Schema that our tools use."""

import math
from collections.abc import Mapping
from typing import Any

from overnight.web.mcp.tools import Schema
from overnight.words.foreign import printable

LONGEST = 10_000  # characters of a text
NAME = 100  # characters of a foreign name in a message
_TYPES: Mapping[str, type | tuple[type, ...]] = {"string": str, "integer": int, "number": (int, float), "object": dict}


class WrongArguments(Exception):  # noqa: N818  # the client's
    """What is given is not what the tool takes; the message says what it takes."""


def checked(schema: Schema, given: object) -> Mapping[str, Any]:  # Any: JSON
    """What is given, with the defaults of what is not.

    Raises:
        WrongArguments: it does not fit.
    """
    if not isinstance(given, dict):
        raise WrongArguments("the arguments have to be an object")
    known: Schema = schema["properties"]
    takes = f"it takes {', '.join(known)}"
    if unknown := [name for name in given if name not in known]:
        raise WrongArguments(f"there is no argument `{printable(unknown[0], NAME)}`; {takes}")
    if missing := [name for name in schema["required"] if name not in given]:
        raise WrongArguments(f"`{missing[0]}` is missing; {takes}")
    for name, value in given.items():
        if wrong := _wrong(known[name], value):
            raise WrongArguments(f"`{name}` {wrong}")
    defaults = {name: each["default"] for name, each in known.items() if "default" in each}
    return {**defaults, **{name: value for name, value in given.items() if value is not None}}


def _wrong(schema: Schema, value: object) -> str:
    """Why a value does not fit; empty if it does. A null stands for what is not given."""
    if value is None:
        return ""
    if "enum" in schema:
        return "" if value in schema["enum"] else f"has to be one of {', '.join(schema['enum'])}"
    kind = schema["type"]
    if not isinstance(value, _TYPES[kind]) or isinstance(value, bool):
        return f"has to be of type {kind}"
    if isinstance(value, str):
        return f"has more than {LONGEST:,} characters" if len(value) > LONGEST else ""
    if isinstance(value, int | float):
        least, above, most = (
            schema.get("minimum", -math.inf),
            schema.get("exclusiveMinimum", -math.inf),
            schema.get("maximum", math.inf),
        )
        return "" if least <= value <= most and value > above else f"has to be from {max(least, above)} to {most}"
    return ""
