"""Foreign text made fit to show."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from overnight.words.foreign import cut_middle, left_out, one_line, printable, printable_lines

ANY_TEXT = st.text(st.characters())  # lone surrogates and control characters included


@settings(deadline=None)
@given(ANY_TEXT, st.integers(0, 60))
def test_it_never_shows_more_than_the_limit_nor_an_invisible_character(text: str, limit: int) -> None:
    """Whatever the text, the result is short, printable and one line."""
    shown = printable(text, limit)
    assert len(shown) <= limit
    assert shown.isprintable()


def test_a_reason_of_several_lines_is_one_line() -> None:
    """Line breaks are spaces; what cannot be seen is written out; the length is bounded."""
    assert one_line(" two\r\n  lines\t\x1b[2J\n", 40) == r"two lines \x1b[2J"
    assert len(one_line("word\n" * 1000, 40)) == 40


@settings(deadline=None)
@given(ANY_TEXT | st.text("a\u00e9\u26a0\u034f\u3164\ufe00\ufe0e\ufe0f\u20e3\U000e0100", max_size=200))
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
        ("a\u3164b\u115fc\uffa0d\u034fe", r"a\u3164b\u115fc\uffa0d\u034fe"),
        ("hi\U000e0138\U000e0139\ufe03", r"hi\U000e0138\U000e0139\ufe03"),
        ("careful \u26a0\ufe0f", "careful \u26a0\ufe0f"),
        ("\u26a0\ufe0f\ufe0e\ufe0f a\ufe0fb", "\u26a0\ufe0f" + r"\ufe0e\ufe0f a\ufe0fb"),
        ("\u00e9\u034f\ufe0f", "\u00e9" + r"\u034f\ufe0f"),
    ],
)
def test_what_cannot_be_seen_is_written_out(text: str, shown: str) -> None:
    """Escapes, line breaks, bidirectional marks, surrogates, fillers and selectors become readable; letters and emoji stay."""
    assert printable(text, 100) == shown


def test_a_long_text_keeps_its_two_ends() -> None:
    """The cut is in the middle, because the end of an error message is the most useful part."""
    shown = printable("start " + "x" * 10_000_000 + " the end", 30)
    assert shown.startswith("start x")
    assert shown.endswith("x the end")
    assert " … " in shown


@settings(deadline=None)
@given(ANY_TEXT, st.integers(0, 60))
def test_lines_and_tabs_are_all_that_is_kept_of_what_cannot_be_seen(text: str, limit: int) -> None:
    """Whatever the text, the result is short, and all else in it is printable."""
    shown = printable_lines(text, limit)
    assert len(shown) <= limit
    assert all(character.isprintable() or character in "\n\t" for character in shown)


def test_lines_stay_lines() -> None:
    """Line ends of any system are one kind; a carriage return alone, which overwrites a line, is written out."""
    assert printable_lines("a\tb\r\nc\n\n\x1b[2Jd\re\u2028f", 100) == "a\tb\nc\n\n\\x1b[2Jd\\re\\u2028f"


@settings(deadline=None)
@given(st.text(), st.integers(0, 30), st.integers(0, 5))
def test_a_cut_in_the_middle_says_how_much_is_missing(text: str, limit: int, unread: int) -> None:
    """Both ends stay, and kept and missing characters are the whole; what fits is as it was."""
    cut = cut_middle(text, limit, unread=unread)
    if len(text) <= limit:
        assert cut == text
        return
    mark = left_out(len(text) - limit + unread)
    head, tail = text[: (limit + 1) // 2], text[len(text) - limit // 2 :]
    assert cut == head + mark + tail
