"""The holdout's answer."""

import random

import pytest

from overnight.gate.holdout import compare, quantised, step_of


def gains(mean: float, count: int, seed: int) -> list[float]:
    """Paired gains with sd 1."""
    draw = random.Random(seed)
    return [draw.gauss(mean, 1.0) for _ in range(count)]


def test_agreement_and_disagreement_are_clear_for_a_large_gain() -> None:
    """Five hidden pairs settle a gain of three sd either way."""
    public = gains(3.0, 12, 1)
    assert compare(public, gains(3.0, 5, 2), final=False).agrees is True
    assert compare(public, gains(0.0, 5, 3), final=False).agrees is False


def test_an_unclear_answer_asks_for_more_pairs() -> None:
    """Half the gain on few pairs settles nothing, but with `final` there is an answer."""
    public, hidden = gains(1.0, 25, 1), [0.1, 1.2, -0.8, 1.4, 0.3]
    assert compare(public, hidden, final=False).agrees is None
    assert compare(public, hidden, final=True).agrees is not None


def test_luck_of_shared_seeds_is_taken_out() -> None:
    """If the hidden gains follow the public ones seed by seed, an unlucky draw of seeds does not count against them."""
    unlucky = [-1.5, 2.5, -1.0, 2.0, -0.5, 1.5, 0.0, 1.0, -2.0, 3.0]
    public = [*unlucky, *gains(2.0, 20, 4)]
    assert compare(public, unlucky, final=False).agrees is True
    assert compare(public, sorted(unlucky, key=abs), final=False).agrees is not True
    assert compare(public, [gain - 2.0 for gain in unlucky], final=True).agrees is False


def test_one_outlier_does_not_decide() -> None:
    """A single absurd hidden value neither makes nor breaks a candidate."""
    public = gains(3.0, 12, 1)
    assert compare(public, [3.1, 2.7, 3.3, -400.0, 2.9, 3.2, 3.0, 2.8, 3.1, 2.9], final=True).agrees is not False
    assert compare(public, [0.1, -0.3, 0.2, 400.0, -0.1], final=True).agrees is not True


def test_without_noise_half_of_the_gain_is_needed() -> None:
    """If neither split has any noise, the hidden gain must be nearer to the public one than to zero."""
    assert compare([2.0] * 10, [1.5] * 5, final=False).agrees is True
    assert compare([2.0] * 10, [0.5] * 5, final=False).agrees is False


@pytest.mark.parametrize(("error", "step"), [(0.03, 0.05), (0.011, 0.02), (0.9, 1.0), (1.0, 1.0), (700.0, 1000.0)])
def test_steps_are_round_numbers_above_the_noise(error: float, step: float) -> None:
    """The step is the least of 1, 2, 5 times a power of ten that is at least the noise."""
    assert step_of(error) == pytest.approx(step)


def test_answers_are_whole_steps() -> None:
    """A quantised gain says nothing below its step."""
    assert quantised(0.1234, 0.05) == 0.1
    assert quantised(-0.1234, 0.02) == -0.12
    assert compare(gains(3.0, 12, 1), gains(3.0, 5, 2), final=False).gain % 0.5 == 0.0
