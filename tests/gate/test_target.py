"""A target is reached by fresh trials beyond noise, in either direction."""

from dataclasses import replace

import pytest

from overnight.gate.target import target_reached
from overnight.program.parser import parse_program
from overnight.program.program import Direction, Program

PROGRAM = parse_program("---\nmetric: {name: loss, direction: minimize}\nmeasure: x\ntarget: 1.0\n---\n", "program.md")


def maximizing() -> Program:
    return replace(PROGRAM, metric=replace(PROGRAM.metric, direction=Direction.MAXIMIZE))


@pytest.mark.parametrize(
    ("fresh", "reached"),
    [((), False), ((0.5, 0.6, 0.7), True), ((0.1, 1.8, 0.9), False), ((1.0, 1.0, 1.0), True), ((1.2, 1.3, 1.25), False)],
)
def test_the_mean_must_clear_it_by_two_standard_errors(fresh: tuple[float, ...], reached: bool) -> None:
    """A noisy mean just below the target is not enough; a deterministic one only has to be there."""
    assert target_reached(PROGRAM, fresh, exact=False) is reached


def test_one_trial_is_no_scatter() -> None:
    """A single trial of a noisy head says nothing about its noise; if trials are exact it says everything."""
    assert not target_reached(PROGRAM, (0.1,), exact=False)
    assert target_reached(PROGRAM, (1.0,), exact=True)
    assert not target_reached(PROGRAM, (1.1,), exact=True)


def test_the_direction_counts() -> None:
    """What is good for a loss is bad for a score."""
    assert target_reached(maximizing(), (1.5, 1.6, 1.7), exact=False)
    assert not target_reached(maximizing(), (0.5, 0.6, 0.7), exact=False)


def test_without_a_target_nothing_is_reached() -> None:
    """The campaign goes on."""
    assert not target_reached(replace(PROGRAM, target=None), (0.0,), exact=False)
