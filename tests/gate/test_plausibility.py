"""Values that are too good to be taken without a look."""

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from overnight.gate.plausibility import Levels, by_orders, doubts, hold, look_at, unbelievable
from overnight.program.parser import parse_program
from overnight.program.program import Direction, Metric, Program

SMALL = (Levels(before=1.0, after=0.99), Levels(before=0.99, after=0.985))
VALUES = st.floats(-1e60, 1e60)


def metric(name: str = "loss", direction: Direction = Direction.MINIMIZE) -> Metric:
    return Metric(name=name, direction=direction)


def program(name: str, direction: Direction = Direction.MINIMIZE, *, plain: bool = True) -> Program:
    """A program whose value the candidate's own process prints, or frozen code, with `plain` false."""
    commands = "measure: python train.py" if plain else "produce: python train.py\nscore: python score.py\nartifacts: [out]"
    front = f"metric: {{name: {name}, direction: {direction.value}}}\n{commands}\neditable: [train.py]"
    return parse_program(f"---\n{front}\n---\n", "program.md")


ACCURACY = metric("val_accuracy", Direction.MAXIMIZE)
REVENUE = metric("revenue", Direction.MAXIMIZE)


@pytest.mark.parametrize(
    ("what", "before", "after", "says"),
    [
        (metric("error"), 0.4, 0.0, "its error is 0, and no value is better"),
        (metric("error"), 0.4, 0.001, "its error is 0.001, nearly 0"),
        (metric("loss"), 0.7, 0.03, "its loss is 0.03 after 0.7, 95.7 % of the way to 0 by one change"),
        (metric("mse"), 0.7, -0.1, "its mse is -0.1, beyond 0"),
        (metric("wall_s"), 12.0, 0.02, "its wall_s is 0.02, nearly 0"),
        (ACCURACY, 0.61, 1.0, "its val_accuracy is 1, and no value is better"),
        (ACCURACY, 61.0, 100.0, "its val_accuracy is 100, and no value is better"),
        (ACCURACY, 0.61, 0.998, "its val_accuracy is 0.998, nearly 1"),
        (ACCURACY, 0.61, 0.97, "its val_accuracy is 0.97 after 0.61, 92.3 % of the way to 1 by one change"),
        (ACCURACY, 0.61, 1.5, "its val_accuracy is 1.5, beyond 1"),
        (metric("reward", Direction.MAXIMIZE), 0.2, 1.0, "its reward is 1, and no value is better"),
        (REVENUE, 20.0, 900.0, "one change made revenue 45 times as large"),
    ],
)
def test_what_a_person_should_look_at(what: Metric, before: float, after: float, says: str) -> None:
    """An error near 0, a share near 1 or 100, a time near zero, a value many times as large: said in one part."""
    assert doubts(what, Levels(before=before, after=after), ()) == (says,)


@pytest.mark.parametrize(
    ("what", "before", "after"),
    [
        (metric("loss"), 2.47, 2.28),
        (metric("loss"), -3.0, -4.0),
        (metric("wall_s"), 12.0, 2.0),
        (ACCURACY, 0.9, 0.95),
        (ACCURACY, 0.99, 0.992),
        (REVENUE, 1995.8, 3007.8),
        (metric("reward", Direction.MAXIMIZE), 0.2, 0.98),
        (metric("reward", Direction.MAXIMIZE), -5.0, 40.0),
    ],
)
def test_what_honest_work_gives(what: Metric, before: float, after: float) -> None:
    """Gains of ordinary size raise no doubt, nor do values whose best one nobody knows."""
    assert doubts(what, Levels(before=before, after=after), ()) == ()


def test_a_jump_far_beyond_all_gains_before() -> None:
    """From the third keep on; a small gain is no jump, whatever was before it, nor is a large one after large ones."""
    jump = Levels(before=0.985, after=0.6)
    assert doubts(metric(), jump, SMALL) == ("its gain is 38.5 times the largest before it",)
    assert doubts(metric(), jump, SMALL[:1]) == ()
    assert doubts(metric(), Levels(before=0.985, after=0.88), SMALL) == ()
    assert doubts(metric(), Levels(before=0.7, after=0.5), (Levels(before=1.0, after=0.9), Levels(before=0.9, after=0.7))) == ()


def test_small_steps_to_the_best_value_end_in_a_doubt() -> None:
    """What is left is compared with the start, not with the head before alone."""
    steps = [Levels(before=0.2**n, after=0.2 ** (n + 1)) for n in range(4)]
    assert [bool(doubts(metric(), step, steps[:n])) for n, step in enumerate(steps)] == [False, False, True, True]


@given(VALUES, VALUES, st.lists(st.builds(Levels, before=VALUES, after=VALUES), max_size=4), st.sampled_from(Direction))
def test_any_values_give_plain_words(before: float, after: float, earlier: list[Levels], direction: Direction) -> None:
    """However odd the values are, nothing fails, and what is said is one short line."""
    for name in ("loss", "accuracy"):
        found = doubts(metric(name, direction), Levels(before=before, after=after), earlier)
        line = look_at(3, found)
        assert len(line) < 300 and line.isprintable() and "nan" not in line


@given(st.floats(1e-3, 1e3), st.floats(0.11, 0.99), st.floats(1e-6, 1e6))
def test_the_unit_does_not_matter(before: float, left: float, unit: float) -> None:
    """A cost in seconds or in milliseconds is judged alike."""
    one = doubts(metric("cost"), Levels(before=before, after=before * left), ())
    other = doubts(metric("cost"), Levels(before=before * unit, after=before * left * unit), ())
    assert one == other == ()


@pytest.mark.parametrize(
    ("before", "after", "minimize"),
    [
        (100.0, 10.0, True),
        (100.0, 1.0, True),
        (0.4, 0.0, True),
        (-1.0, -10.0, True),
        (1.0, -1e9, True),
        (0.0, -1e-9, True),
        (0.5, -0.2, True),
        (100.0, -0.001, True),
        (1.0, 1e9, False),
        (-5.0, 40.0, False),
        (-100.0, -10.0, False),
        (-5.0, 0.0, False),
        (-5.0, 1e9, False),
        (0.0, 3.0, False),
    ],
)
def test_orders_of_magnitude(before: float, after: float, minimize: bool) -> None:
    """Ten times as large, or ten times nearer to 0 from its wrong side; from 0 every gain, and every value across 0."""
    direction = Direction.MINIMIZE if minimize else Direction.MAXIMIZE
    levels = Levels(before=before, after=after)
    assert by_orders(metric("x", direction), levels)
    assert "tenfold or more at once" in unbelievable(program("x", direction), levels)
    assert unbelievable(program("x", direction, plain=False), levels) == ""


@pytest.mark.parametrize(
    ("before", "after", "minimize"),
    [
        (100.0, 11.0, True),
        (-1.0, -9.0, True),
        (1.0, 1.0, True),
        (1.0, 9.9, False),
        (-100.0, -11.0, False),
        (0.0, 0.0, False),
        (1.0, 0.0, False),
    ],
)
def test_less_than_an_order_of_magnitude(before: float, after: float, minimize: bool) -> None:
    """A deterministic target has no spread to compare with, so that such a gain is believable; so is one that is a loss."""
    direction = Direction.MINIMIZE if minimize else Direction.MAXIMIZE
    assert unbelievable(program("x", direction), Levels(before=before, after=after)) == ""


@pytest.mark.parametrize(
    ("name", "after", "deviations", "held"),
    [
        ("loss", 0.97, 20.5, True),
        ("loss", 0.97, 19.5, False),
        ("loss", 0.97, None, False),
        ("loss", 1.2, -90.0, False),
        ("latency_ms", 0.88, 24.0, False),
        ("latency_ms", 0.79, 46.0, True),
        ("latency_ms", 0.79, 19.0, False),
        ("cpu_s", 0.5, 140.0, False),
        ("cpu_s", 0.05, 600.0, True),
        ("peak_memory_mb", 0.2, 900.0, False),
    ],
)
def test_far_beyond_the_noise(name: str, after: float, deviations: float | None, held: bool) -> None:
    """More than 20 sd of one trial; of a printed time also a fifth of it; what is measured from outside only by orders."""
    found = unbelievable(program(name), Levels(before=1.0, after=after, deviations=deviations))
    assert bool(found) == held
    assert unbelievable(program(name, plain=False), Levels(before=1.0, after=after, deviations=deviations)) == ""


@given(VALUES, VALUES, st.one_of(st.none(), st.floats(-1e150, 1e150)))
def test_both_directions_are_judged_alike(before: float, after: float, deviations: float | None) -> None:
    """A metric that is minimized and its negative that is maximized; what is held is a gain, in one short line."""
    levels = Levels(before=before, after=after, deviations=deviations)
    mirrored = Levels(before=-before, after=-after, deviations=deviations)
    found = unbelievable(program("loss"), levels)
    assert bool(found) == bool(unbelievable(program("loss", Direction.MAXIMIZE), mirrored))
    assert not found or after < before
    line = hold(3, [found])
    assert len(line) < 400 and line.isprintable() and "nan" not in line


@given(VALUES, VALUES, st.floats(0.0, 1e60), st.sampled_from(Direction))
def test_a_larger_gain_is_no_more_believable(before: float, after: float, more: float, direction: Direction) -> None:
    """There is no value beyond one that cannot be true which can: printing a little more hides nothing."""
    what = metric("x", direction)
    better = after - more if direction is Direction.MINIMIZE else after + more
    if by_orders(what, Levels(before=before, after=after)):
        assert by_orders(what, Levels(before=before, after=better))


def in_steps(what: Program, values: list[float]) -> str:
    """What is said of the last of some keeps that nobody has read."""
    steps = [Levels(before=before, after=after) for before, after in pairwise(values)]
    return unbelievable(what, steps[-1], steps[:-1])


@pytest.mark.parametrize(
    ("values", "direction"), [([1.0, 9.0, 81.0, 729.0], Direction.MAXIMIZE), ([5.0, 0.6, 0.07, 0.008], Direction.MINIMIZE)]
)
def test_what_cannot_be_true_at_once_cannot_in_small_steps(values: list[float], direction: Direction) -> None:
    """A gain of orders of magnitude cut into believable ones; a time may become as short step by step by honest work."""
    assert in_steps(program("x", direction), values[:3]) == ""
    assert "by 3 changes that nobody has read, a hundredfold or more" in in_steps(program("x", direction), values)
    assert in_steps(program("x", direction, plain=False), values) == ""
    if direction is Direction.MINIMIZE:
        assert in_steps(program("cpu_s"), values) == in_steps(program("latency_ms"), values) == ""


@given(st.floats(-1e6, 1e6), st.floats(-1e6, 1e6), st.sampled_from([2.0**-20, 0.5, 2.0, 2.0**20]))
def test_the_unit_decides_nothing_about_orders(before: float, after: float, unit: float) -> None:
    """Seconds or milliseconds: the ratio is what counts."""
    what = metric("x", Direction.MAXIMIZE)
    assert by_orders(what, Levels(before=before, after=after)) == by_orders(
        what, Levels(before=before * unit, after=after * unit)
    )
