"""An operation's input and output for programs: their JSON schemas, and the reading of input that we do not trust."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from functools import cache
from typing import TYPE_CHECKING, Any, get_origin

from overnight.errors import UserError
from overnight.operations.fields import foreign_inputs_of, inputs_of
from overnight.operations.json_text import strict_json
from overnight.operations.operation import I, O, Operation
from overnight.operations.record_fields import comments_of
from overnight.words.foreign import printable

if TYPE_CHECKING:
    from pydantic import ValidationError
    from pydantic.json_schema import GenerateJsonSchema

MOST_BYTES = 64 * 1024  # of an input as JSON: an idea, a question; what is larger is a file
MOST_NUMBER = 2**53  # of an integer: what JSON holds exactly everywhere
MOST_TEXT = 10_000  # characters of one text in it
NAME = 100  # characters of a foreign name in a message


class BadInput(UserError):  # noqa: N818  # a state
    """What was given is no input of the operation."""


def canonical(given: object) -> str:
    """An input as JSON with its keys in order and no spaces.

    Raises:
        UserError: it is too long.
    """
    from pydantic_core import to_jsonable_python

    text = json.dumps(to_jsonable_python(asdict(given)), sort_keys=True, separators=(",", ":"))  # type: ignore[call-overload]
    if len(text) > MOST_BYTES:
        raise UserError(f"what is given has {len(text):,} bytes as JSON", fix=f"give at most {MOST_BYTES:,}")
    return text


def read_input(operation: Operation[I, O], text: str | bytes) -> I:
    """The input that a JSON object gives; every field has its type, and there are no others.

    Raises:
        BadInput: it is no such object; the message names the field.
    """
    from pydantic import TypeAdapter, ValidationError

    if len(text) > MOST_BYTES:
        raise BadInput(f"{operation.name}: the input has {len(text):,} bytes", fix=f"give at most {MOST_BYTES:,}")
    try:
        found = strict_json(text)
    except ValueError as error:
        raise BadInput(f"{operation.name}: the input is no JSON: {printable(str(error), NAME)}") from error
    if not isinstance(found, dict):
        raise BadInput(f"{operation.name}: the input is no JSON object")
    known = [field.name for field in foreign_inputs_of(operation)]
    if unknown := [name for name in found if name not in known]:
        raise BadInput(
            f"{operation.name}: there is no input `{printable(unknown[0], NAME)}`", fix=f"it takes {', '.join(known) or 'none'}"
        )
    if long := [name for name, value in found.items() if isinstance(value, str) and len(value) > MOST_TEXT]:
        raise BadInput(f"{operation.name}: {long[0]} has more than {MOST_TEXT:,} characters")
    try:
        return _bounded(operation, TypeAdapter(operation.input).validate_json(json.dumps(found), strict=True))
    except ValidationError as error:
        raise _no_value(operation, error) from error


def read_query(operation: Operation[I, O], pairs: Sequence[tuple[str, str]]) -> I:
    """The input that the texts of an address give, each read as the type of its field.

    Raises:
        BadInput: there is no such field, or a text is no value of it; the message names the field.
    """
    from pydantic import TypeAdapter, ValidationError

    fields = {field.name: field for field in foreign_inputs_of(operation)}
    found: dict[str, str | tuple[str, ...]] = {}
    for name, text in pairs:
        if name not in fields:
            takes = f"it takes {', '.join(fields) or 'none'}"
            raise BadInput(f"{operation.name}: there is no input `{printable(name, NAME)}`", fix=takes)
        if len(text) > MOST_TEXT:
            raise BadInput(f"{operation.name}: {name} has more than {MOST_TEXT:,} characters")
        several = get_origin(fields[name].form) is tuple
        if name in found and not several:
            raise BadInput(f"{operation.name}: {name} is given twice")
        found[name] = (*found.get(name, ()), text) if several else text
    try:
        given = TypeAdapter(operation.input).validate_python(found)  # of texts; `validate_strings` knows no tuple
        return _bounded(operation, given)
    except ValidationError as error:
        raise _no_value(operation, error) from error


def input_schema(operation: Operation[I, O]) -> Mapping[str, Any]:  # Any: JSON
    """The JSON schema of its input."""
    from pydantic import TypeAdapter

    return with_descriptions(operation, TypeAdapter(operation.input).json_schema())


def with_descriptions(operation: Operation[I, O], schema: Mapping[str, Any]) -> Mapping[str, Any]:  # Any: JSON
    """The schema of an operation's input with what each is about; those for the command line alone are left out."""
    properties = schema.get("properties", {})
    described = {
        field.name: {**properties[field.name], **({"description": field.place.about} if field.place.about else {})}
        for field in foreign_inputs_of(operation)
    }
    required = [name for name in schema.get("required", ()) if name in described]
    return {
        **{name: value for name, value in schema.items() if name != "required"},
        "properties": described,
        **({"required": required} if required else {}),
        "additionalProperties": False,
    }


def output_schema(operation: Operation[I, O]) -> Mapping[str, Any]:  # Any: JSON
    """The JSON schema of what it returns."""
    from pydantic import TypeAdapter

    return TypeAdapter(operation.output).json_schema(mode="serialization", schema_generator=output_generator())


@cache
def output_generator(*, describes: bool = False) -> type["GenerateJsonSchema"]:
    """What makes schemas of what is answered: all fields are always there, and an unknown number is null.

    `describes`: with the comment of each field.
    """
    from pydantic.json_schema import GenerateJsonSchema

    class Generator(GenerateJsonSchema):
        """As pydantic's, but for those two."""

        def field_is_required(self, field: Any, total: bool) -> bool:  # Any: pydantic's
            return self.mode == "serialization" or super().field_is_required(field, total)

        def field_title_should_be_set(self, schema: Any) -> bool:  # Any: pydantic's
            return not describes and super().field_title_should_be_set(schema)

        def dataclass_schema(self, schema: Any) -> dict[str, Any]:  # Any: pydantic's
            found = super().dataclass_schema(schema)
            if describes:
                _describe(found, comments_of(schema["cls"]))
            return found

        def float_schema(self, schema: Any) -> dict[str, Any]:  # Any: pydantic's
            found = super().float_schema(schema)
            return {"anyOf": [found, {"type": "null"}]} if self.mode == "serialization" else found

    return Generator


def _describe(schema: Mapping[str, Any], comments: Mapping[str, str]) -> None:  # Any: JSON
    """Add what is said about each property; a reference has it beside it, as OpenAPI 3.1 allows."""
    for name, found in schema.get("properties", {}).items():
        if comments.get(name):
            found["description"] = comments[name]


def _no_value(operation: Operation[I, O], error: "ValidationError") -> BadInput:
    first = error.errors(include_url=False)[0]
    where = ".".join(str(part) for part in first["loc"])
    return BadInput(f"{operation.name}: {printable(where, NAME)}: {first['msg']}")


def _bounded(operation: Operation[I, O], given: I) -> I:
    """The same, with no number that a database cannot hold."""
    for field in inputs_of(operation):
        value = getattr(given, field.name)
        if isinstance(value, int) and abs(value) > MOST_NUMBER:
            raise BadInput(f"{operation.name}: {field.name} is out of bounds", fix=f"give at most {MOST_NUMBER:,}")
    return given
