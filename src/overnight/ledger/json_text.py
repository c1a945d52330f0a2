"""Records as JSON and back, also with names of files that are no Unicode, which Python has as lone surrogates."""

import json
from typing import TYPE_CHECKING, TypeVar

if TYPE_CHECKING:
    from pydantic import TypeAdapter

Form = TypeVar("Form")


def dump(form: "TypeAdapter[Form]", record: Form) -> bytes:
    """A record as JSON."""
    from pydantic_core import PydanticSerializationError

    try:
        return form.dump_json(record)
    except PydanticSerializationError:
        return json.dumps(form.dump_python(record, mode="json")).encode("ascii")


def load(form: "TypeAdapter[Form]", text: str | bytes) -> Form:
    """The record of such a text; ValueError if it is none."""
    try:
        return form.validate_json(text)
    except ValueError:
        if "\\ud" not in (text if isinstance(text, str) else text.decode("utf-8", "replace")):
            raise
    return form.validate_python(json.loads(text))
