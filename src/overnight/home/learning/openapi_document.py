"""What an OpenAPI document of version 3 offers as plain JSON: fields that can be read, fields that can be sent, and the rest.

Source: https://spec.openapis.org/oas/v3.1.0. The document is foreign: nothing of it is believed to have a type.
"""

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urljoin, urlsplit

from overnight.home.learning.thing import NoDriver

MOST_PATHS, MOST_FIELDS, DEEPEST = 200, 40, 6
LARGEST = 1e12  # that a bound may be
SENDS = ("put", "post")  # by which a driver can change something
Json = Mapping[str, Any]  # Any: a part of a document that nobody has checked


@dataclass(frozen=True, slots=True, kw_only=True)
class Field:
    """One value that can be read or sent."""

    path: str
    name: str
    schema: Json
    wrapped: bool  # it is a field of an object
    method: str
    needed: Sequence[str] = ()  # fields that have to be sent with it

    @property
    def kind(self) -> str:
        """Its JSON type; empty: it has none, or several."""
        return type_of(self.schema)

    @property
    def bounds(self) -> tuple[float | None, float | None]:
        """The least and the most that it may be."""
        low, high = (self.schema.get(key) for key in ("minimum", "maximum"))
        return _number(low), _number(high)


@dataclass(frozen=True, slots=True, kw_only=True)
class Document:
    """What a device offers."""

    title: str
    reads: Sequence[Field]
    writes: Sequence[Field]  # those by PUT first
    left_out: Sequence[str]  # a line each


def read_document(body: bytes, base: str) -> Document:
    """The document that was found at `base`.

    Raises:
        NoDriver: it is none of version 3, is about another address, or asks for a login.
    """
    try:
        found = object_of(json.loads(body))
    except (ValueError, RecursionError):
        raise NoDriver("its OpenAPI document is no JSON") from None
    if not str(found.get("openapi")).startswith("3."):
        raise NoDriver("its OpenAPI document is not of version 3")
    if found.get("security"):
        raise NoDriver("it asks for a login")
    servers = list_of(found.get("servers"))
    place = urlsplit(urljoin(base, str(object_of(servers[0]).get("url")) if servers else "/"))
    if place.netloc != urlsplit(base).netloc:
        raise NoDriver("its OpenAPI document is about another address")
    reader = _Reader(found, place.path.rstrip("/"))
    for path, item in list(object_of(found.get("paths")).items())[:MOST_PATHS]:
        reader.take(str(path), object_of(item))
    title = str(object_of(found.get("info")).get("title") or "")
    return Document(title=title, reads=reader.reads, writes=reader.writes, left_out=reader.left_out)


@dataclass(slots=True)
class _Reader:
    document: Json
    root: str
    reads: list[Field] = field(default_factory=list)
    writes: list[Field] = field(default_factory=list)
    left_out: list[str] = field(default_factory=list)

    def take(self, path: str, item: Json) -> None:
        if "{" in path or item.get("parameters"):
            self.left_out.append(f"{path}: has parameters")
            return
        for method in ("get", *SENDS, "patch", "delete"):
            if not (operation := object_of(item.get(method))):
                continue
            found, why = [], _why_not(method, operation)
            if not why:
                answer = object_of(operation.get("responses")).get("200")
                content = self._of(answer if method == "get" else operation.get("requestBody"))
                schema = self._of(object_of(object_of(content.get("content")).get("application/json")).get("schema"))
                found = list(self._fields(self.root + path, schema, method.upper()))
            if found:
                (self.reads if method == "get" else self.writes).extend(found)
            else:
                self.left_out.append(f"{method.upper()} {path}: {why or 'no JSON of a form that is read here'}")

    def _fields(self, path: str, schema: Json, method: str) -> Iterator[Field]:
        if type_of(schema) == "object" or "properties" in schema:
            needed = [each for each in list_of(schema.get("required")) if isinstance(each, str)]
            for name, inner in list(object_of(schema.get("properties")).items())[:MOST_FIELDS]:
                others = [each for each in needed if each != name]
                yield Field(path=path, name=name, schema=self._of(inner), wrapped=True, method=method, needed=others)
        elif type_of(schema):
            yield Field(path=path, name=path.rpartition("/")[2], schema=schema, wrapped=False, method=method)

    def _of(self, part: object) -> Json:
        """A part, or what it refers to in the document."""
        found = object_of(part)
        for _ in range(DEEPEST):
            reference = found.get("$ref")
            if not isinstance(reference, str):
                return found
            found = self.document if reference.startswith("#/") else {}
            for step in reference[2:].split("/"):
                found = object_of(found.get(step.replace("~1", "/").replace("~0", "~")))
        return {}


def _why_not(method: str, operation: Json) -> str:
    if method not in ("get", *SENDS):
        return "only GET, PUT and POST are used"
    if operation.get("security"):
        return "asks for a login"
    needed = (object_of(each).get("required") or "$ref" in object_of(each) for each in list_of(operation.get("parameters")))
    return "has parameters" if any(needed) else ""


def type_of(schema: Json) -> str:
    """The type that a schema names; empty: none, or several."""
    found = schema.get("type")
    return found if isinstance(found, str) else ""


def object_of(value: object) -> Json:
    """A part as an object; anything else is an empty one."""
    return value if isinstance(value, dict) else {}


def list_of(value: object) -> Sequence[Any]:  # Any: JSON
    """A part as a list; anything else is an empty one."""
    return value if isinstance(value, list) else []


def _number(value: object) -> float | None:
    if isinstance(value, bool) or not isinstance(value, int | float) or not abs(value) <= LARGEST:
        return None
    return float(value)
