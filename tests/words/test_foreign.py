"""Foreign text made fit to show."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from overnight.words.foreign import printable

ANY_TEXT = st.text(st.characters())  # lone surrogates and control characters included


@settings(deadline=None)
@given(ANY_TEXT, st.integers(0, 60))
def test_it_never_shows_more_than_the_limit_nor_an_invisible_character(text: str, limit: int) -> None:
    """Whatever the text, the result is short, printable and one line."""
    shown = printable(text, limit)
    assert len(shown) <= limit
    assert shown.isprintable()


@settings(deadline=None)
@given(ANY_TEXT)
def test_what_was_made_printable_stays_as_it_is(text: str) -> None:
    """Making text printable twice is the same as once."""
    shown = printable(text, 80)
    assert printable(shown, 80) == shown


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("plain text, ünïcode, 日本", "plain text, ünïcode, 日本"),
        ("\x1b[31mred\x1b[0m", r"\x1b[31mred\x1b[0m"),
        ("two\nlines\r\ttab", r"two\nlines\r\ttab"),
        ("abc\u202edef", r"abc\u202edef"),
        ("a\ud800b", r"a\ud800b"),
        ("\u2028\u200b\x00", r"\u2028\u200b\x00"),
    ],
)
def test_what_cannot_be_seen_is_written_out(text: str, shown: str) -> None:
    """Escapes, line breaks, bidirectional marks and surrogates become readable; letters stay."""
    assert printable(text, 100) == shown


def test_a_long_text_keeps_its_two_ends() -> None:
    """The cut is in the middle, because the end of an error message is the most useful part."""
    shown = printable("start " + "x" * 10_000_000 + " the end", 30)
    assert shown.startswith("start x")
    assert shown.endswith("x the end")
    assert " … " in shown
