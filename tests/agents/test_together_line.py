"""The line by which an agent proposes earlier changes as one: numbers and nothing else, whatever stands around it."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from overnight.agents.together import MOST, find_together


@pytest.mark.parametrize(
    ("said", "numbers"),
    [
        ("TOGETHER: #12 #15\nHYPOTHESIS: both help", (12, 15)),
        ("HYPOTHESIS: both help\n**TOGETHER:** #12, #15 and #3", (12, 15, 3)),
        ("- `TOGETHER: 12 + 15`", (12, 15)),
        ("TOGETHER: #12 #12 #15", (12, 15)),
        ("TOGETHER: #4\nno, better:\n> TOGETHER: #5 #6\nbye", (5, 6)),
        ("TOGETHER: #12 #15 (the two rates)", (12, 15)),
        ("TOGETHER: #1 #2\nTOGETHER: <their numbers>", (1, 2)),
    ],
)
def test_the_numbers_of_the_last_line_count(said: str, numbers: tuple[int, ...]) -> None:
    """In any markup, each once; a line that repeats the form says nothing."""
    assert find_together(said) == numbers


@pytest.mark.parametrize(
    "said",
    [
        "",
        "TOGETHER:",
        "TOGETHER: <their numbers>",
        "TOGETHER: 12 percent better",
        "TOGETHER: none",
        "together: #12 #15",
        "I put TOGETHER: #12 #15",
        "HYPOTHESIS: TOGETHER: #12 #15",
        "TOGETHER: #1234567890",
        "TOGETHER: #\u0661\u0662",
        "TOGETHER: #-3 #0x10",
    ],
)
def test_other_words_name_nothing(said: str) -> None:
    """A plan in words, other digits, signs, and numbers that no campaign has."""
    assert find_together(said) == ()


def test_too_many_are_not_read() -> None:
    """One more than may be put together says that there are too many; a long line ends the reading."""
    assert len(find_together("TOGETHER: " + " ".join(f"#{n}" for n in range(1, 10_000)))) == MOST + 1
    assert find_together("TOGETHER: " + " " * 10**6 + "#12") == ()


@given(st.text() | st.text(alphabet="TOGETHER:#0123456789 \n*`,\x1b\u202e", max_size=300))
def test_no_text_breaks_it(said: str) -> None:
    """Numbers come back, or nothing."""
    assert all(0 <= number < 10**9 for number in find_together(f"TOGETHER: {said}\n{said}"))
