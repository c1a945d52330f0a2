"""A change taken apart: each part can be left out or made alone, and all of them are the change."""

import math

import pytest
from builders import change
from hypothesis import given
from hypothesis import strategies as st

from overnight.research.changes.parts import MOST_LINES, SHARE, SHOWN, Parts, expected, parts_of
from overnight.research.experiment import Scalar

OLD = b"import os\nA = 1\nB = 0.5\nC = 3\n\n\ndef f():\n    return 1\n"
NEW = b"import os\nA = 2\nB = 1e-3\nC = 3\n\n\ndef g(x):\n    y = x\n    return y\n"


def taken(old: bytes | None, new: bytes | None, path: str = "a.py") -> Parts:
    """The parts of a change of one file, whose mode changes too."""
    before = {} if old is None else {path: old}
    return parts_of(7, [change(path, new, executable=True)], before, dict.fromkeys(before, False))


def test_each_constant_of_a_jump_is_a_part() -> None:
    """Also in neighbouring lines; a rewritten function is one, wherever its file is."""
    found = taken(OLD, NEW)
    assert [(part.part, part.where, part.lines) for part in found.parts] == [
        (1, "a.py:2", ("-A = 1", "+A = 2")),
        (2, "a.py:3", ("-B = 0.5", "+B = 1e-3")),
        (3, "a.py:7", ("-def f():", "-    return 1", "+def g(x):", "+    y = x", "+    return y")),
    ]
    assert {part.experiment for part in found.parts} == {7}


def test_a_part_is_left_out_or_made_alone() -> None:
    """What it needs of its file, and its mode: that of the change if any part of it is there."""
    found = taken(OLD, NEW)
    without = found.without(1)
    assert without.content == NEW.replace(b"A = 2", b"A = 1") and without.executable
    assert found.with_also(2, ()).content == OLD.replace(b"B = 0.5", b"B = 1e-3")
    assert found.with_also(3, {1, 2}) == change("a.py", NEW, executable=True)
    [only] = taken(OLD, OLD.replace(b"A = 1", b"A = 9")).parts
    undone = taken(OLD, OLD.replace(b"A = 1", b"A = 9")).without(only.part)
    assert (undone.content, undone.executable) == (OLD, False)


@pytest.mark.parametrize(
    ("old", "new", "what"),
    [
        (None, b"x\n", "is new"),
        (b"x\n", None, "is removed"),
        (b"\0a\n", b"\0b\n", "is changed"),
        (b"a\n" * (MOST_LINES + 1), b"b\n", "is changed"),
        (b"x\n" * 400, b"y\n" + b"x\n" * 300 + b"z\n", "is changed"),  # would take too long to compare
        (b"x\n", b"x\n", "is changed"),  # its mode
    ],
)
def test_what_cannot_be_taken_apart_is_one_part(old: bytes | None, new: bytes | None, what: str) -> None:
    """A whole file."""
    found = taken(old, new)
    [part] = found.parts
    assert part.lines == (what,) and part.where == "a.py"
    assert found.without(1).content == old and found.with_also(1, ()).content == new


def test_what_is_shown_is_printable_and_short() -> None:
    """Names and lines are foreign."""
    found = taken(b"", b"\x1b[2J\xff\n" * 20 + b"x" * 10_000, "a\x1b.py")
    [part] = found.parts
    assert len(part.lines) == SHOWN and "\x1b" not in part.where + "".join(part.lines)
    assert all(len(line) < 200 for line in part.lines)


def test_files_are_numbered_in_one_row() -> None:
    """By path."""
    changes = [change("b.py", b"x = 2\n"), change("a.py", b"y = 2\n\nz = 2\n")]
    found = parts_of(1, changes, {"a.py": b"y = 1\n\nz = 1\n", "b.py": b"x = 1\n"}, {})
    assert [part.where for part in found.parts] == ["a.py:1", "a.py:3", "b.py:1"]
    assert found.without(3) == change("b.py", b"x = 1\n") and found.without(2).content == b"y = 2\n\nz = 1\n"


def test_what_a_researcher_expects_of_a_part() -> None:
    """By a note that names a constant of it; notes of other kinds or about other words say nothing."""
    first, second, third = taken(OLD, NEW).parts
    notes: dict[str, Scalar] = {f"{SHARE}A": 0.2, f"{SHARE}B": "0.9", f"{SHARE}x": 3, "A": 9.0, f"{SHARE}os": 1.0}
    assert [expected(part, notes) for part in (first, second, third)] == [0.2, 0.0, 3.0]
    odd: dict[str, Scalar] = {f"{SHARE}A": 10**400, f"{SHARE}B": math.nan, f"{SHARE}x": math.inf}
    assert [expected(part, odd) for part in (first, second, third)] == [0.0, 0.0, 0.0]


LINES = st.lists(st.sampled_from([b"a\n", b"b\n", b"c = 1\n", b"c = 2\n", b"\n", b"d"]), max_size=12).map(b"".join)


@given(LINES, LINES, st.randoms())
def test_all_parts_in_any_order_are_the_change(old: bytes, new: bytes, chance: st.DataObject) -> None:
    """Made one after the other; and one that is left out of the change and made again is the change."""
    found = taken(old, new)
    numbers, made, text = [part.part for part in found.parts], set[int](), old
    chance.shuffle(numbers)  # type: ignore[attr-defined]  # a random.Random
    for number in numbers:
        text = found.with_also(number, made).content or b""
        made.add(number)
    assert text == new
