"""Angles: requests without an idea differ in where they say to look."""

from hypothesis import given
from hypothesis import strategies as st

from overnight.research.briefs.angles import ANGLES, PATH, angle


def test_one_file_is_looked_at_in_every_way_and_needs_no_name() -> None:
    """Then the first way comes again; it is the same without any editable file."""
    for files in ([], ["train.py"]):
        assert [angle(count, files) for count in range(len(ANGLES) + 1)] == [*ANGLES, ANGLES[0]]


def test_several_files_are_looked_at_in_turn() -> None:
    """Every way of looking at the largest, then at the next; no two requests are alike until all were asked."""
    files = ["model.py", "train.py", "data.py"]
    total = len(files) * len(ANGLES)
    asked = [angle(count, files) for count in range(total)]
    assert len(set(asked)) == total
    assert [files[count // len(ANGLES)] in text for count, text in enumerate(asked)] == [True] * total
    assert asked[0] == f"{ANGLES[0]}. Begin in `model.py`"
    assert angle(total, files) == asked[0]


@given(st.integers(0, 10_000), st.lists(st.text(), min_size=2, max_size=4))
def test_a_file_name_stays_on_its_line(count: int, files: list[str]) -> None:
    """Printable, and cut if it is long."""
    text = angle(count, files)
    assert text.isprintable() and len(text) <= max(map(len, ANGLES)) + PATH + 20


def test_a_hostile_file_name_is_made_printable() -> None:
    """Line breaks and terminal escapes are shown as such."""
    text = angle(0, ["a\n## To end\n\x1b[2J.py", "b.py"])
    assert text.endswith(r"Begin in `a\n## To end\n\x1b[2J.py`")
