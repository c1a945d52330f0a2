"""Markdown twins: made from any value, bounded, and foreign text stays text in them."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from overnight.web.markdown import BLOCK, ITEMS, ROWS, to_lines, twin_of


class Colour(StrEnum):
    """A word."""

    RED = "red"


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """A record in a list."""

    number: int
    text: str = ""
    gain: float | None = None
    is_odd: bool = False
    inner: "Part | None" = None
    says: Mapping[str, object] | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Whole:
    """One of each form."""

    name: str  # in words, None if it has none
    at: float = 1_764_600_000.0
    colour: Colour = Colour.RED
    few: tuple[str, ...] = ()
    parts: Sequence[Part] = ()
    by_name: Mapping[str, object] | None = None
    diff: str = ""


def text_of(**values: Any) -> str:  # Any: of the fields
    """The twin of a record."""
    return "\n".join(to_lines("It", Whole(**{"name": "n", **values}), "About."))


def test_plain_fields_are_a_list_and_empty_ones_are_only_named() -> None:
    """Numbers keep six digits and times need no exponent; an agent reads the field's name as JSON has it."""
    text = text_of(few=("a", "b"))
    assert text.startswith("# It\n\n> About.\n\n- `name`: n")
    assert "- `colour`: red" in text and "- `few`: a, b" in text and "- `at`: 1764600000" in text
    assert "- none or not known: `parts`, `by_name`, `diff`" in text


def test_records_are_a_table_without_idle_columns() -> None:
    """What a record in a record says has a column of its own; more rows than fit are counted."""
    parts = [Part(number=each, gain=0.123456789, inner=Part(number=each, text="in")) for each in range(ROWS + 2)]
    text = text_of(parts=parts)
    assert "| `number` | `gain` | `inner.number` | `inner.text` |" in text and "| 1 | 0.123457 | 1 | in |" in text
    assert "In no row: `text`, `is_odd`" in text
    assert "2 more rows are left out here" in text and text.count("\n| ") == ROWS + 1


def test_plain_mappings_of_records_are_in_the_table() -> None:
    """What a device is now is no less than who it is; text in it makes no cells."""
    text = text_of(
        parts=[Part(number=1, says={"on": True, "level": 40.25, "x|y": "a|b"}), Part(number=2, says={"of": {"a": 1}})]
    )
    assert "| 1 | on yes, level 40.25, x\\|y a\\|b |" in text and "| 2 |  |" in text


def test_long_texts_and_lists_are_bounded() -> None:
    """A text of several lines is a block of its kind; what is nested any deeper is JSON."""
    text = text_of(diff="+a\n" * BLOCK, few=["x" * 3_000] * (ITEMS + 5), by_name={"a": {"b": [1, {"c": 2}]}})
    assert "~~~~~~~~diff\n+a\n" in text and "~~~~~~~~json" in text and '"c": 2' in text
    assert "5 more items are left out here" in text and len(text) < BLOCK * 2 + ITEMS * 2_100


def test_a_twin_keeps_the_query_of_its_page() -> None:
    """The end of the address that asks for Markdown stands before the query."""
    assert (twin_of("/a/b?c=1"), twin_of("/a")) == ("/a/b.md?c=1", "/a.md")


MARKS = "a|`~<>#[]()*_!&\\-+1.\r\t\x1b\u202e "
LINE, NASTY = (st.text(alphabet=letters, max_size=60) for letters in (MARKS, f"{MARKS}\n"))


@given(NASTY, LINE, NASTY)
def test_no_text_makes_structure(one: str, other: str, name: str) -> None:
    """Whatever a field holds, there are as many headings and table cells as with plain text, and each block is closed."""
    plain = _shape(text_of(parts=[Part(number=1, text="a", gain=1.0)], few=("a",) * 9, by_name={"b": "a"}))
    text = text_of(parts=[Part(number=1, text=f"a{one}", gain=1.0)], few=(f"a{other}",) * 9, by_name={f"b{name}": "a"})
    assert _shape(text) == plain
    assert not re.search(r"[\x00-\x09\x0b-\x1f\u202e]", text)
    fences = re.findall(r"^(~{8,})", text, re.MULTILINE)
    assert len(fences) % 2 == 0


def _shape(text: str) -> tuple[int, int, int]:
    """How many headings, list items and cells of tables there are."""
    cells = sum(len(re.findall(r"(?<!\\)\|", line)) for line in text.split("\n") if line.startswith("|"))
    return len(re.findall(r"^#+ ", text, re.MULTILINE)), len(re.findall(r"^- ", text, re.MULTILINE)), cells
