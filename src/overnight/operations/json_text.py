"""What an operation returns, as JSON: the same text from every face."""

import json


def json_text(value: object) -> str:
    """A value of dataclasses, mappings, sequences and scalars as indented JSON, invisible characters escaped."""
    from pydantic_core import to_json

    text = to_json(value, indent=2, inf_nan_mode="null").decode()
    if text.replace("\n", "").isprintable():
        return text
    return "".join(c if c.isprintable() or c == "\n" else _escaped(c) for c in text)


def _escaped(character: str) -> str:
    """A control character as JSON escapes it; it can only occur inside a string."""
    return json.dumps(character)[1:-1]
