"""Diffs of foreign texts."""

from difflib import unified_diff

from hypothesis import given
from hypothesis import strategies as st

from overnight.words.diff import diff_lines

LINES = st.lists(st.sampled_from(["a", "b", "c", "@@ -1 +1 @@", ""]), max_size=30)


@given(old=LINES, new=LINES, context=st.integers(0, 3))
def test_a_small_diff_turns_one_text_into_the_other(old: list[str], new: list[str], context: int) -> None:
    """Each hunk stands where its numbers say, with what is around it."""
    made, at = list[str](), 0
    for line in diff_lines(old, new, context):
        if line.startswith("@@"):
            first, _, size = line.split()[1].removeprefix("-").partition(",")
            start = int(first) - (size != "0")
            made += old[at:start]
            at = start
        elif line[0] == "+":
            made.append(line[1:])
        else:
            assert old[at] == line[1:]
            made += [line[1:]] if line[0] == " " else []
            at += 1
    assert [*made, *old[at:]] == new


def test_it_is_the_diff_that_everybody_knows() -> None:
    """Numbers and context are those of the whole texts."""
    old = [f"line {at}" for at in range(50)]
    new = [*old[:20], "new", *old[21:30], *old[31:]]
    assert list(diff_lines(old, new)) == list(unified_diff(old, new, lineterm=""))[2:]
    assert list(diff_lines(old, old)) == []


def test_texts_that_repeat_themselves_take_no_longer() -> None:
    """All that differs goes and comes; else finding the smallest diff took minutes."""
    old, new = ([f"{at * step % 120}" for at in range(60_000)] for step in (1, 7))
    shown = list(diff_lines(["x", *old, "y"], ["x", *new, "y"]))
    assert shown[0] == "@@ -1,60002 +1,60002 @@"
    signs = [line[0] for line in shown[1:]]
    assert signs.count("-") == signs.count("+") == 59_999 and signs[:2] == [" ", " "]
