"""Types of tools as JSON schemas, in the dialect of each wire."""

from dataclasses import dataclass, field
from enum import Enum, IntEnum
from typing import Annotated, Any, Generic, Literal, Optional, TypeVar

import pytest
from pydantic import BaseModel, Field, RootModel

from overnight.models.asking.schemas import LONGEST, Schema, as_object, shape_of
from overnight.models.asking.tools import Tool

T = TypeVar("T")


class Colour(Enum):
    """A choice of words."""

    RED = "red"
    BLUE = "blue"


class Level(IntEnum):
    """A choice of numbers."""

    LOW = 1
    HIGH = 2


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """Where."""

    city: Annotated[str, Field(description="its name", max_length=40)]
    floor: int | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Order:
    """All that is supported."""

    colour: Colour
    level: Level
    kind: Literal["a", "b"]
    place: Annotated[Place, Field(description="where to")]
    others: list[Place]
    size: int | str
    weight: Annotated[float, Field(gt=0, le=10)] = 1.0
    note: str = ""
    back: Optional[Place] = None  # noqa: UP045  # the older spelling
    words: list[str] = field(default_factory=list)


PLACE: Schema = {
    "type": "object",
    "properties": {
        "city": {"type": "string", "description": "its name", "maxLength": 40},
        "floor": {"anyOf": [{"type": "integer"}, {"type": "null"}]},
    },
    "required": ["city", "floor"],
}
GIVEN = {
    "colour": "red",
    "level": 2,
    "kind": "a",
    "place": {"city": "Rome", "floor": None},
    "others": [],
    "size": "XL",
}


def test_a_plain_schema_has_no_references() -> None:
    """Enumerations, nested types, lists, unions and optional fields stand in it; the words of classes do not."""
    schema = shape_of(Order).schema
    assert schema["properties"] == {
        "colour": {"enum": ["red", "blue"], "type": "string"},
        "level": {"enum": [1, 2], "type": "integer"},
        "kind": {"enum": ["a", "b"], "type": "string"},
        "place": {**PLACE, "description": "where to"},
        "others": {"type": "array", "items": PLACE},
        "size": {"anyOf": [{"type": "integer"}, {"type": "string"}]},
        "weight": {"type": "number", "exclusiveMinimum": 0, "maximum": 10},
        "note": {"type": "string"},
        "back": {"anyOf": [PLACE, {"type": "null"}]},
        "words": {"type": "array", "items": {"type": "string"}},
    }
    assert schema["required"] == ["colour", "level", "kind", "place", "others", "size"]


def objects(schema: Any) -> list[Schema]:
    """Each object in a schema."""
    if isinstance(schema, list):
        return [found for part in schema for found in objects(part)]
    if not isinstance(schema, dict):
        return []
    return [*([schema] if schema.get("type") == "object" else []), *objects(list(schema.values()))]


def test_a_strict_schema_requires_all_and_forbids_others() -> None:
    """What may be left out may be null instead, each object is closed, and no word is in it that OpenAI refuses."""
    strict = shape_of(Order).strict
    found = objects(strict)
    assert len(found) == 4
    for each in found:
        assert each["required"] == list(each["properties"])
        assert each["additionalProperties"] is False
    assert strict["properties"]["note"] == {"anyOf": [{"type": "string"}, {"type": "null"}]}
    assert len(strict["properties"]["back"]["anyOf"]) == 2
    assert "maxLength" not in str(strict) and "exclusiveMinimum" in str(strict)
    anthropic = shape_of(Order).anthropic
    assert objects(anthropic) != found and "maximum" not in str(anthropic).lower()
    assert [each["required"] for each in objects(anthropic)] == [each["required"] for each in found]


def test_geminis_subset_has_neither_null_nor_other_keys() -> None:
    """Null is `nullable`, numbers are not enumerated, and no word is in it that Gemini refuses."""
    subset = shape_of(Order).gemini
    properties = subset["properties"]
    assert properties["back"]["nullable"] is True and properties["back"]["type"] == "object"
    assert properties["place"]["properties"]["floor"] == {"type": "integer", "nullable": True}
    assert properties["level"] == {"type": "integer"}
    assert properties["colour"]["enum"] == ["red", "blue"]
    for word in ("additionalProperties", "$ref", "exclusiveMinimum", "'null'"):
        assert word not in str(subset)


def test_a_null_for_a_field_with_a_default_is_the_default() -> None:
    """Strict models write all keys; a null that the type has stays one."""
    value, said = shape_of(Order).read({**GIVEN, "note": None, "weight": None, "back": None, "words": None})
    assert isinstance(value, Order)
    assert (value.note, value.weight, value.back, value.words, value.place.floor) == ("", 1.0, None, [], None)
    assert said["place"] == {"city": "Rome", "floor": None}
    inner, _ = shape_of(Order).read({**GIVEN, "back": {"city": "Bari", "floor": 1}})
    assert isinstance(inner, Order) and inner.back == Place(city="Bari", floor=1)


@pytest.mark.parametrize(
    "odd",
    [
        {"colour": "green"},
        {"kind": None},
        {"place": {"city": "Rome", "floor": 1, "planet": "Mars"}},
        {"other": 1},
        {"others": ["Rome"]},
        {"weight": -1},
        {"size": []},
    ],
    ids=str,
)
def test_what_does_not_fit_is_said_in_one_line(odd: dict[str, Any]) -> None:
    """With the field that is wrong."""
    with pytest.raises(ValueError, match=f"^{next(iter(odd))}") as caught:
        shape_of(Order).read({**GIVEN, **odd})
    assert str(caught.value).isprintable() and len(str(caught.value)) < 400


def test_thousands_of_faults_are_a_few() -> None:
    """Of a hostile value three are named."""
    with pytest.raises(ValueError, match=r"and 9997 more$") as caught:
        shape_of(Order).read({**GIVEN, "others": [7] * 10_000})
    assert len(str(caught.value)) < 400


def test_a_value_is_bounded() -> None:
    """The dialogue would have it in every later request."""
    with pytest.raises(ValueError, match="longer than"):
        shape_of(Order).read({**GIVEN, "note": "x" * LONGEST})
    with pytest.raises(ValueError, match="longer than"):
        as_object({"x": "y" * 2 * LONGEST})


def test_half_a_character_is_no_value() -> None:
    """No wire takes a lone surrogate."""
    with pytest.raises(ValueError, match="surrogates"):
        shape_of(Order).read({**GIVEN, "note": "\ud800"})


class Renamed(BaseModel, Generic[T]):
    """A field whose name on the wire is another one."""

    value: T = Field(alias="class")


def test_a_field_is_said_again_under_its_name_on_the_wire() -> None:
    """And a generic type has a name that every wire takes."""
    shape = shape_of(Renamed[int])
    value, said = shape.read({"class": 3})
    assert isinstance(value, Renamed) and (value.value, said) == (3, {"class": 3})
    assert shape.name == "Renamed_int_"


class Loop(BaseModel):
    """It holds itself."""

    inner: "Loop | None" = None


class Anything(BaseModel):
    """A value of any type."""

    value: Any


class Mapped(BaseModel):
    """A mapping."""

    value: dict[str, int]


class Pair(BaseModel):
    """A tuple."""

    value: tuple[int, str]


class Mixed(BaseModel):
    """A choice of several types."""

    value: Literal[1, "a"]


class Many(BaseModel):
    """A list of anything."""

    value: list[Any]


class Words(RootModel[list[str]]):
    """No object."""


@pytest.mark.parametrize("kind", [Loop, Anything, Mapped, Pair, Mixed, Many, Words])
def test_a_type_without_a_form_on_every_wire_is_refused_at_once(kind: type) -> None:
    """When the tool is defined, with the name of the type."""
    with pytest.raises(TypeError, match=kind.__name__):
        Tool(name="t", about="", input=kind)


@pytest.mark.parametrize("name", ["", "a b", "é", "x" * 65, "1a", "a.b", "a\n"])
def test_a_name_that_some_wire_refuses_is_refused_at_once(name: str) -> None:
    """When the tool is defined."""
    with pytest.raises(ValueError, match="a tool's name"):
        Tool(name=name, about="", input=Place)
