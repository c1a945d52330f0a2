"""How numbers are written for people."""

import pytest

from overnight.words.quantities import listed, more, size_text


@pytest.mark.parametrize(
    ("size", "scale", "text"),
    [
        (4 * 10**9, None, "4 GB"),
        (1_500_000_000, None, "1.5 GB"),
        (250_000_000, None, "250 MB"),
        (999, None, "999 B"),
        (0, None, "0 B"),
        (1_040_000_000, 10**9, "1.0 GB"),
        (300_000_000, 2 * 10**9, "0.3 GB"),
    ],
)
def test_sizes_read_well(size: int, scale: int | None, text: str) -> None:
    """A size has at most three digits; next to a limit it has the limit's unit."""
    assert size_text(size, scale) == text


def test_long_lists_are_cut_and_say_so() -> None:
    """The first few, and how many more there are; a list that fits is whole."""
    assert listed("abc", 3) == "a, b, c"
    assert listed(map(str, range(1500)), 2, "; ") == "0; 1 and 1,498 more"
    assert listed([], 3) == ""
    assert listed("abc", 2, noun="file") == "a, b and 1 more file"
    assert (more(1, "file"), more(1500, "file"), more(2)) == ("and 1 more file", "and 1,500 more files", "and 2 more")
