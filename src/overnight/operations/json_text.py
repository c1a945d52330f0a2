"""JSON as all faces write and read it."""

import json
from typing import Any


def json_text(value: object) -> str:
    """A value of dataclasses, mappings, sequences and scalars as indented JSON, invisible characters escaped."""
    from pydantic_core import PydanticSerializationError, to_json, to_jsonable_python

    try:
        text = to_json(value, indent=2, inf_nan_mode="null").decode()
    except PydanticSerializationError:  # a name of a file that is no Unicode
        text = json.dumps(to_jsonable_python(value, inf_nan_mode="null"), indent=2)
    if text.replace("\n", "").isprintable():
        return text
    return "".join(c if c.isprintable() or c == "\n" else _escaped(c) for c in text)


def strict_json(text: str | bytes) -> Any:  # Any: JSON
    """What a text says in JSON in which no key is repeated and every number is one.

    Raises:
        ValueError: it is none.
    """
    try:
        return json.loads(text, parse_constant=_no_number, object_pairs_hook=_no_repeats)
    except RecursionError as error:
        raise ValueError("it is nested too deeply") from error


def _no_number(word: str) -> float:
    raise ValueError(f"{word} is no number of JSON")


def _no_repeats(pairs: list[tuple[str, Any]]) -> dict[str, Any]:  # Any: JSON
    found = dict(pairs)
    if len(found) < len(pairs):
        raise ValueError("a key is repeated")
    return found


def _escaped(character: str) -> str:
    """A control character as JSON escapes it; it can only occur inside a string."""
    return json.dumps(character)[1:-1]
