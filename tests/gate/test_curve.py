"""The output of a running trial is read in pieces of any size, and is foreign."""

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from overnight.gate.curve import CurveReader
from overnight.program.metric import MAX_LINE

STEPS = r"step (\d+)/(\S+) loss (\S+)"
OUTPUT = b"start\nstep 1/10 loss 9.5\r\nstep 3/10 loss 4.25 (best)\nstep 4/10 loss 4.0\nstep 10/10 loss 1\n"


def heard(output: bytes, pattern: str = STEPS) -> float | None:
    """The value found in an output that comes in one piece."""
    reader = CurveReader(pattern)
    reader.read(output)
    return reader.value


@given(cuts=st.sets(st.integers(1, len(OUTPUT) - 1)))
def test_the_first_point_from_30_percent_on_counts(cuts: set[int]) -> None:
    """The output may be cut into any pieces; the value is found in exactly one of them."""
    reader, places = CurveReader(STEPS), [0, *sorted(cuts), len(OUTPUT)]
    found = [reader.read(OUTPUT[start:end]) for start, end in pairwise(places)]
    assert (reader.value, [value for value in found if value is not None]) == (4.25, [4.25])


@pytest.mark.parametrize(
    ("output", "value"),
    [
        (b"step 3/10 loss 4\n", 4.0),
        (b"step 3/10 loss 4", None),  # the line may go on
        (b"12%|##  | step 1/2 loss 1e400\rstep 2/5 loss -2e-3\r", -2e-3),
        (b"step 3/0 loss 4\nstep 3/x loss 4\nstep 3/10 loss nan\nstep 3/10 loss inf\nstep 4/10 loss 5\n", 5.0),
        (b"step 3/-10 loss 4\nstep 3/nan loss 4\n", None),
        (b"step 5/10 loss 4\nstep 4/10 loss 3\n", None),  # half of the run is over: too late to compare with others
        (b"x" * 2 * MAX_LINE + b"step 3/10 loss 4\nstep 4/10 loss 5\n", 5.0),
        (b"\xff\x00\x1b[31mstep 3/10 loss 4\n", 4.0),
    ],
)
def test_only_plain_points_count(output: bytes, value: float | None) -> None:
    """A number that is not finite, a run without steps, an endless line or a late start is not a point at 30 %."""
    assert heard(output) == value


def test_two_groups_are_percent_and_value() -> None:
    """A progress bar prints percents; a group that matched nothing is not a point."""
    assert heard(b"29% 7.0\n30% 6.0\n", r"(\d+)% (\S+)") == 6.0
    assert heard(b"30% loss\n", r"(\d+)% loss(\d)?") is None


def test_a_line_without_end_takes_no_memory() -> None:
    """Its length and pieces do not matter; the next line is read again."""
    reader = CurveReader(STEPS)
    for _ in range(1000):
        reader.read(b"y" * 1000)
        assert len(reader._begun) <= MAX_LINE
    reader.read(b"\nstep 3/10 loss 4\n")
    assert reader.value == 4.0


@given(cuts=st.sets(st.integers(1, len(OUTPUT) - 1)))
def test_a_few_points_of_the_whole_run_are_kept(cuts: set[int]) -> None:
    """The first from each share on, and the last; however the output is cut, and also after the value at 30 %."""
    reader, places = CurveReader(STEPS), [0, *sorted(cuts), len(OUTPUT)]
    for start, end in pairwise(places):
        reader.read(OUTPUT[start:end])
    assert reader.points == ((0.1, 9.5), (0.3, 4.25), (1.0, 1.0))


def test_of_a_hostile_curve_few_points_are_kept() -> None:
    """Steps beyond the end, before the start or backwards are none, and many are no more than a few."""
    reader = CurveReader(STEPS)
    reader.read(b"".join(b"step %d/1000 loss %d\n" % (n, n) for n in range(-500, 2000)))
    reader.read(b"step 2/1000 loss 7\nstep 1000/1000 loss nan\n")
    assert reader.points == ((0.1, 100.0), (0.3, 300.0), (0.6, 600.0), (1.0, 1000.0))
