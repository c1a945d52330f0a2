"""Texts that differ only in numbers."""

import pytest

from overnight.research.story.ranges import Ranges


def written(*texts: str) -> str:
    """The texts as one."""
    ranges = Ranges(texts[0])
    for text in texts[1:]:
        ranges.widen(text)
    return str(ranges)


@pytest.mark.parametrize(
    ("texts", "expected"),
    [
        (["exit code 137"] * 3, "exit code 137"),
        (
            ["lead +0.3 after 1 trial", "lead -7.5 after 5 trials", "lead +0.9 after 2 trials"],
            "lead -7.5 to +0.9 after 1 to 5 trials",
        ),
        (
            ["lead 0.1 after 1 trial, 0.6 needed", "lead 0.2 after 1 trial, 0.6 needed"],
            "lead 0.1 to 0.2 after 1 trial, 0.6 needed",
        ),
        (["shapes (64,) and (65,)", "shapes (8,) and (1,024,)"], "shapes (8 to 64,) and (65 to 1,024,)"),
        (["1e-3 short", "2.5e+4 short"], "1e-3 to 2.5e+4 short"),
        (["Python 3.11.7 is gone"], "Python 3.11.7 is gone"),
        (["no number"], "no number"),
        ([""], ""),
    ],
)
def test_each_number_becomes_its_range(texts: list[str], expected: str) -> None:
    """Numbers that never vary stay; the others become a range from the smallest to the largest."""
    assert written(*texts) == expected
    assert len({Ranges(text).pattern.replace("trials", "trial") for text in texts}) == 1
