"""The type of a tool's input, or of an answer, as a JSON schema in the dialect of each wire, and values read by it.

Types that some wire has no form for are refused when the tool is defined: mappings with any keys, tuples, types that hold
themselves, and values of any type.
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import cache
from typing import Any  # JSON

from pydantic import TypeAdapter, ValidationError
from pydantic_core import from_json, to_json

from overnight.words.foreign import printable

LONGEST = 512_000  # bytes of a value as JSON: the dialogue keeps it, and every later request repeats it
PARTS = 10_000  # of a value, each entry of a list and each key
PROBLEMS = 3  # of a value that are named
_WHY = 300  # characters of them
_DROPPED = frozenset({"title", "default", "discriminator", "examples", "additionalProperties", "uniqueItems"})
_KEPT = frozenset({"type", "enum", "required", "description", "minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum",
                   "multipleOf", "minLength", "maxLength", "pattern", "format", "minItems", "maxItems"})  # fmt: skip
# What strict schemas have no words for. Source: https://developers.openai.com/api/docs/guides/structured-outputs.
_NOT_STRICT = frozenset({"minLength", "maxLength", "format"})
# What Anthropic's have none for either. Source: https://platform.claude.com/docs/en/build-with-claude/structured-outputs.
_NOT_ANTHROPIC = frozenset({"minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum", "multipleOf", "minItems", "maxItems"})
# What Gemini's subset has none for. Source: https://ai.google.dev/api/caching#Schema.
_NOT_GEMINI = frozenset({"exclusiveMinimum", "exclusiveMaximum", "multipleOf", "format"})
_NO_NAME = re.compile(r"[^A-Za-z0-9_-]")  # what OpenAI takes for the name of a form
_TYPES: Mapping[type, str] = {str: "string", bool: "boolean", int: "integer", float: "number", type(None): "null"}
_NULL = {"type": "null"}

Schema = dict[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class Shape:
    """A type that a model writes values of."""

    name: str
    schema: Schema  # plain JSON schema, without references
    strict: Schema  # as OpenAI takes it: no other keys, and all are there, if need be as null
    anthropic: Schema  # as Anthropic takes it for an answer: the same, without limits of numbers and lists
    gemini: Schema  # as Gemini takes it, a subset of OpenAPI's
    adapter: TypeAdapter[Any] = field(repr=False)  # Any: of whatever type

    @property
    def required(self) -> frozenset[str]:
        """The keys that a value has to have."""
        return frozenset(self.schema.get("required", ()))

    def read(self, given: Mapping[str, object]) -> tuple[Any, Mapping[str, object]]:
        """The value that a JSON object is, and how it is said again.

        Raises:
            ValueError: it is none; says why in one line, for the model.
        """
        try:
            value = self.adapter.validate_python(_without_nulls(given, self.schema), extra="forbid")
        except ValidationError as error:
            raise ValueError(_why(error)) from None
        written = self.adapter.dump_json(value, by_alias=True)
        if len(written) > LONGEST:
            raise ValueError(f"it is longer than {LONGEST} bytes")
        said: Mapping[str, object] = from_json(written)
        return value, said


@cache
def shape_of(wanted: type) -> Shape:
    """The shape of a dataclass or a pydantic model.

    Raises:
        TypeError: not every wire has a form for it; says which field.
    """
    adapter: TypeAdapter[Any] = TypeAdapter(wanted)
    given = adapter.json_schema()
    defined = given.pop("$defs", {})
    given.pop("description", None)  # the class's own words; what a tool is for says the tool
    schema = _inlined(given, defined, wanted.__name__, ())
    if "properties" not in schema:
        raise TypeError(f"{wanted.__name__}: only a dataclass or a model with fields can be asked for")
    strict = _strict(schema)
    return Shape(
        name=_NO_NAME.sub("_", wanted.__name__)[:64],
        schema=schema,
        strict=strict,
        anthropic=_unlimited(strict),
        gemini=_gemini(schema),
        adapter=adapter,
    )


def as_object(given: object) -> Mapping[str, object]:
    """A JSON object, which is given as such, or as text, once or twice: servers do all of it.

    Raises:
        ValueError: it is none, or too long; says so in one line.
    """
    for _ in range(2):
        if given is None or given == "":
            return {}  # for a tool that wants nothing
        if isinstance(given, str):
            given = from_json(_short(given.encode(errors="replace")))
    if not isinstance(given, dict):
        raise ValueError("this is no JSON object")
    if _has_more(given, PARTS):
        raise ValueError(f"it has more than {PARTS} parts")
    _short(to_json(given, inf_nan_mode="null"))
    return given


def _has_more(given: object, most: int) -> bool:
    """Whether there are more values in a value; each that is wrong costs time and memory."""
    waiting = [given]
    while waiting and most > 0:
        each = waiting.pop()
        inner = each.values() if isinstance(each, dict) else each if isinstance(each, list) else ()
        most -= len(inner)
        if most > 0:
            waiting.extend(inner)
    return most <= 0


def _short(written: bytes) -> bytes:
    if len(written) > 2 * LONGEST:  # however it is escaped
        raise ValueError(f"it is longer than {LONGEST} bytes")
    return written


def _why(error: ValidationError) -> str:
    found = error.errors(include_url=False, include_context=False, include_input=False)
    named = [f"{'.'.join(map(str, each['loc'])) or 'it'}: {each['msg']}" for each in found[:PROBLEMS]]
    more = f"; and {len(found) - PROBLEMS} more" if len(found) > PROBLEMS else ""
    return printable("; ".join(named), _WHY) + more


def _inlined(node: Schema, defined: Mapping[str, Schema], at: str, above: tuple[str, ...]) -> Schema:
    """A schema without references, and without what no wire needs.

    Raises:
        TypeError: it has a part that not every wire has a form for.
    """
    if reference := node.get("$ref"):
        if reference in above:
            raise TypeError(f"{at}: a type that holds itself has no form on every wire")
        target = {**defined[reference.rpartition("/")[2]]}
        target.pop("description", None)  # the class's; the field's may stand beside the reference
        return _inlined({**target, **{k: v for k, v in node.items() if k != "$ref"}}, defined, at, (*above, reference))
    schema: Schema = {}
    for key, value in node.items():
        match key:
            case "properties":
                schema[key] = {name: _inlined(part, defined, f"{at}.{name}", above) for name, part in value.items()}
            case "items":
                schema[key] = _inlined(value, defined, f"{at}[]", above)
            case "anyOf" | "oneOf":
                schema["anyOf"] = [_inlined(part, defined, at, above) for part in value]
            case "const":
                schema["enum"] = [value]
            case _ if key in _KEPT:
                schema[key] = value
            case _ if key not in _DROPPED or (key == "additionalProperties" and value):  # of a mapping with any keys
                raise TypeError(f"{at}: `{key}` of its JSON schema has no form on every wire")
    return _typed(schema, at)


def _typed(schema: Schema, at: str) -> Schema:
    """With the type of an enumeration, which pydantic leaves out for some."""
    if "type" in schema or "anyOf" in schema:
        if schema.get("type") == "array" and "items" not in schema:
            raise TypeError(f"{at}: say what the list holds")
        if schema.get("type") == "object" and "properties" not in schema:
            raise TypeError(f"{at}: an object without fields has no form on every wire")
        return schema
    kinds = {_TYPES.get(type(value)) for value in schema.get("enum", ())}
    if len(kinds) != 1 or None in kinds:
        raise TypeError(f"{at}: a value of any type has no form on every wire")
    return {"type": kinds.pop(), **schema}


def _strict(schema: Schema) -> Schema:
    """With all keys required: one that may be left out may be null instead."""
    strict = {key: value for key, value in _parts(schema, _strict) if key not in _NOT_STRICT}
    if properties := strict.get("properties"):
        required = schema.get("required", ())
        strict["properties"] = {k: v if k in required or _nullable(v) else _or_null(v) for k, v in properties.items()}
        strict["required"] = list(properties)
    return {**strict, "additionalProperties": False} if strict.get("type") == "object" else strict


def _unlimited(schema: Schema) -> Schema:
    return {key: value for key, value in _parts(schema, _unlimited) if key not in _NOT_ANTHROPIC}


def _gemini(schema: Schema) -> Schema:
    """Null is a word of its own there, and only texts can be enumerated."""
    subset = {key: value for key, value in _parts(schema, _gemini) if key not in _NOT_GEMINI}
    if subset.get("type") != "string":
        subset.pop("enum", None)
    if "anyOf" in subset:
        some = [part for part in subset.pop("anyOf") if part.get("type") != "null"]
        subset = {**(some[0] if len(some) == 1 else {"anyOf": some}), **subset}
        if _nullable(schema):
            subset["nullable"] = True
    return subset


def _parts(schema: Schema, change: Any) -> Iterator[tuple[str, Any]]:
    for key, value in schema.items():
        match key:
            case "properties":
                yield key, {name: change(part) for name, part in value.items()}
            case "items":
                yield key, change(value)
            case "anyOf":
                yield key, [change(part) for part in value]
            case _:
                yield key, value


def _nullable(schema: Schema) -> bool:
    return schema.get("type") == "null" or any(map(_nullable, schema.get("anyOf", ())))


def _or_null(schema: Schema) -> Schema:
    described = {key: schema[key] for key in ("description",) if key in schema}
    inner = {key: value for key, value in schema.items() if key != "description"}
    return {"anyOf": [*(inner["anyOf"] if set(inner) == {"anyOf"} else [inner]), _NULL], **described}


def _without_nulls(given: Any, schema: Schema) -> Any:
    """Without keys that are null because they had to be there; those for which null is a value stay."""
    if isinstance(given, list) and "items" in schema:
        return [_without_nulls(each, schema["items"]) for each in given]
    if isinstance(given, dict) and (properties := schema.get("properties")):
        required = schema.get("required", ())
        return {
            key: _without_nulls(value, properties.get(key, {}))
            for key, value in given.items()
            if value is not None or key in required or key not in properties or _nullable(properties[key])
        }
    options = [part for part in schema.get("anyOf", ()) if part.get("type") != "null"]
    return _without_nulls(given, options[0]) if len(options) == 1 else given
