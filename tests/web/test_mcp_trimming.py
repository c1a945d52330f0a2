"""Answers have a size, whatever is in them, and everything that is left out can be read by its place."""

import json
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from overnight.web.mcp.arguments import WrongArguments, checked
from overnight.web.mcp.changes import changes
from overnight.web.mcp.tools import TOOLS
from overnight.web.mcp.trimming import mark_of, part, trimmed

LEAF = st.none() | st.booleans() | st.integers(-(10**6), 10**6) | st.text(max_size=40)
VALUE = st.recursive(LEAF, lambda each: st.lists(each) | st.dictionaries(st.text(max_size=10), each), max_leaves=30)


def same(text: str) -> str:
    return text


@settings(max_examples=20)
@given(VALUE)
def test_what_is_short_is_whole(value: Any) -> None:
    """Nothing is cut, and each part is found by its pointer."""
    shown, cuts = trimmed(value, 10**6, same)
    assert cuts == []
    assert trimmed(shown, 10**6, same)[0] == shown


@settings(max_examples=10)
@given(VALUE, st.integers(2_000, 6_000))
def test_what_is_long_is_cut_to_the_size(value: Any, most: int) -> None:
    """A hundred times the same, deep and wide: the answer has its bound, and only printable characters."""
    shown, _ = trimmed({"list": [value] * 100, "text": "\x1b" * 50_000, **{f"k{n}": value for n in range(200)}}, most, same)
    assert len(json.dumps(shown)) <= most
    assert "\x1b" not in json.dumps(shown, ensure_ascii=False)


def test_what_grows_when_it_is_made_visible_has_its_bound_too() -> None:
    """Names and texts of characters that are written with ten or twelve: twice as many as any step counts on."""
    for odd in ("\U000e0001", "\x1b", '"', "\U0001f600", "\u00fc"):
        names = {f"{number}{odd * 100}": odd * 1_000 for number in range(200)}
        for value in (names, [names] * 50, {"a": {"b": names}}, odd * 50_000):
            assert len(json.dumps(trimmed(value, 2_000, same)[0])) <= 2_000


def test_the_rest_is_read_by_place_and_offset() -> None:
    """Step by step, a list, a text and a mapping are whole in the end, as the cuts say."""
    text, many = "".join(chr(97 + n % 26) for n in range(30_000)), {f"k{n}": n for n in range(3_000)}
    inner: dict[str, Any] = {"list": list(range(5_000)), "text": text, "many": many}
    for name, value in inner.items():
        at, offset, pieces, more = f"/a~1b/{name}", 0, [], True
        while more:
            shown, cuts = trimmed(part({"a/b": inner}, at), 4_000, same, at=at, offset=offset)
            pieces.append(shown)
            more = bool(cuts)
            for cut in cuts:
                assert cut["at"] == at and cut["of"] == len(value)
                offset = cut["shown"]
        joined: Any = "".join(pieces) if name == "text" else [each for piece in pieces for each in piece]
        assert joined == (list(value) if name == "many" else value)


def test_a_mark_does_not_change_with_time_alone() -> None:
    """Durations pass; everything else counts."""
    assert mark_of({"elapsed_s": 1.0, "x": [{"wall_s": 2}]}) == mark_of({"elapsed_s": 5.0, "x": [{"wall_s": 3}]})
    assert mark_of({"x": 1}) != mark_of({"x": 2})
    was, now = {"n": 1, "log": [1, 2], "a": {"b": 1}, "t_s": 1}, {"n": 2, "log": [1, 2, 3], "a": {"b": 1}, "t_s": 2}
    assert list(changes(was, now)) == [{"at": "/n", "was": 1, "now": 2}, {"at": "/log", "had": 2, "has": 3, "new": [3]}]


@given(st.sampled_from(TOOLS), st.dictionaries(st.sampled_from(["repo", "tag", "address", "offset", "what", "x"]), LEAF))
def test_arguments_are_as_the_schema_says_or_refused(tool: dict[str, Any], given: dict[str, Any]) -> None:
    """What passes has the required fields, no others than there are, and only values of the field's type."""
    schema = tool["inputSchema"]
    try:
        found = checked(schema, given)
    except WrongArguments as error:
        assert str(error)
        return
    assert set(schema["required"]) <= set(given) and set(found) <= set(schema["properties"])
    for name, value in found.items():
        kind = schema["properties"][name].get("type", "string")
        assert isinstance(value, {"string": str, "integer": int, "number": int | float, "object": dict}[kind])
