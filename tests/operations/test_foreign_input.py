"""Inputs of operations from programs: typed, bounded, without surprises; and the schemas of all operations."""

import json

import pytest
from toy_operations import NoteInput, make

from overnight.errors import UserError
from overnight.operations.foreign_input import MOST_BYTES, canonical, input_schema, output_schema, read_input
from overnight.operations.operation import Tier
from overnight.operations.registry import operations
from overnight.research.operations.log import OPERATION as LOG

NOTE = make(Tier.REVERSIBLE)


def test_an_input_is_read_as_it_is_meant() -> None:
    """Defaults fill in what is left out; an enumeration is given by its value."""
    assert read_input(NOTE, '{"text": "x"}') == NoteInput(text="x")
    assert read_input(LOG, b'{"verdict": "keep", "limit": 3}').verdict == "keep"
    assert read_input(NOTE, canonical(NoteInput(text="é", times=2))) == NoteInput(text="é", times=2)


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("{}", "text: Field required"),
        ('{"text": 3}', "text: Input should be a valid string"),
        ('{"text": "x", "times": "2"}', "times: Input should be a valid integer"),
        ('{"text": "x", "times": 0}', "times: Input should be greater than or equal to 1"),
        ('{"text": "x", "times": true}', "times: Input should be a valid integer"),
        ('{"text": "x", "more\\u001b": 1}', r"no input `more\\x1b`; it takes text, times, loud"),
        ('{"text": "x", "text": "y"}', "a key is repeated"),
        ('{"text": "x", "times": NaN}', "NaN is no number"),
        ("[]", "no JSON object"),
        ("{", "no JSON"),
        ("[" * 60_000, "no JSON"),
        (json.dumps({"text": "a" * 10_001}), "text has more than 10,000 characters"),
        ('"' + "a" * MOST_BYTES + '"', "bytes; give at most"),
    ],
)
def test_anything_else_is_refused_by_name(text: str, says: str) -> None:
    """The message names the field, printable."""
    with pytest.raises(UserError, match=says) as error:
        read_input(NOTE, text)
    assert str(error.value).isprintable() and len(str(error.value)) < 300


def test_the_same_input_is_the_same_text() -> None:
    """Whatever the order in which it was given; one that is too long is refused."""
    assert canonical(NoteInput(times=2, text="x")) == '{"loud":false,"text":"x","times":2}'
    with pytest.raises(UserError, match="at most"):
        canonical(NoteInput(text="a" * MOST_BYTES))


def test_every_operation_has_schemas_and_what_its_tier_needs() -> None:
    """Inputs allow nothing else and are described; what may need an approval says what it is bound to."""
    for operation in operations():
        schema = input_schema(operation)
        assert schema["additionalProperties"] is False and schema["type"] == "object", operation.name
        assert all("description" in field for field in schema["properties"].values()), operation.name
        assert operation.output is None or output_schema(operation), operation.name
        worst = operation.tier.exceeds(Tier.REVERSIBLE) or operation.raised
        assert operation.state is not None or not worst, operation.name
        assert operation.read_back is not None or operation.tier is Tier.READ, operation.name
