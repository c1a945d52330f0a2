"""Merging two edits of one text line by line."""

from hypothesis import given
from hypothesis import strategies as st

from overnight.git.three_way import MOST_LINES, merge_lines

BASE = b"a = 1\nb = 1\nc = 1\n"
TEXTS = st.lists(st.sampled_from([b"a\n", b"b\n", b"c\n"]), max_size=8).map(b"".join)


def test_neighbouring_lines_do_not_conflict() -> None:
    """Two edits of adjacent lines are both applied."""
    assert merge_lines(BASE, b"a = 2\nb = 1\nc = 1\n", b"a = 1\nb = 2\nc = 1\n") == b"a = 2\nb = 2\nc = 1\n"


def test_one_line_changed_in_two_ways_is_a_conflict() -> None:
    """No side wins silently."""
    assert merge_lines(BASE, b"a = 2\nb = 1\nc = 1\n", b"a = 3\nb = 1\nc = 1\n") is None


def test_two_insertions_in_one_place_are_a_conflict() -> None:
    """Insertions at the same place conflict: their order is undefined."""
    assert merge_lines(BASE, b"x\n" + BASE, b"y\n" + BASE) is None


def test_what_is_no_text_or_too_long_is_left_alone() -> None:
    """Binary files and huge files conflict."""
    assert merge_lines(b"\0a\n", b"\0b\n", b"\0a\n") is None
    assert merge_lines(b"a\n" * (MOST_LINES + 1), b"", b"b") is None


@given(TEXTS, TEXTS)
def test_a_side_that_did_not_change_gives_the_other(base: bytes, text: bytes) -> None:
    """Merging with an unchanged side, or with the same edit twice, is that edit."""
    assert merge_lines(base, text, base) == merge_lines(base, base, text) == merge_lines(base, text, text) == text


def test_a_text_that_repeats_itself_is_given_up_and_not_pondered() -> None:
    """A file padded with thousands of blank lines is a conflict at once; a usual file with many of them is not."""
    base = b"".join(b"\n" if n % 4 == 0 else b"line %d\n" % n for n in range(2000))
    ours = base.replace(b"line 1\n", b"one\n").replace(b"line 1501\n", b"two\n")
    assert merge_lines(base, ours, base.replace(b"line 1\n", b"mine\n") + b"\n" * 2900) is None
    near = base.replace(b"line 1502\n", b"three\n")
    merged = merge_lines(base, base.replace(b"line 1501\n", b"two\n"), near)
    assert merged is not None and b"two\nthree\n" in merged
