"""What a proof of a gain is expected to cost."""

import math
import random

import pytest
from gate_walk import program
from hypothesis import given
from hypothesis import strategies as st
from test_noise import measured

from overnight.gate.forecast import proof_trials
from overnight.gate.noise import noise_report

NOISY = measured([random.Random(seed).gauss(10.0, 2.0) for seed in range(20)])


def test_a_larger_gain_takes_fewer_trials() -> None:
    """At least the fewest pairs that a keep needs, and the trials of the new head."""
    costs = [proof_trials(NOISY.program, NOISY.memory, gain) for gain in (1.0, 2.0, 4.0, 100.0, 1e300)]
    assert costs == sorted(costs, reverse=True) and costs[-2] == costs[-1] > 8


def test_what_a_test_cannot_find_is_not_worth_one() -> None:
    """The bound is the smallest effect that is shown to people, at which a test takes all its pairs."""
    least = noise_report(NOISY.program, NOISY.memory).smallest_effect
    assert least is not None
    assert proof_trials(NOISY.program, NOISY.memory, least) == 2 * NOISY.program.gate.max_pairs + 8
    assert math.isinf(proof_trials(NOISY.program, NOISY.memory, 0.999 * least))


@pytest.mark.parametrize("gain", [0.0, -1.0, 5e-324, 1e-300, math.nan])
def test_no_gain_cannot_be_proven(gain: float) -> None:
    """Nor one so small that its share of the noise is no number."""
    assert proof_trials(NOISY.program, NOISY.memory, gain) == math.inf


def test_an_exact_gain_takes_two_trials() -> None:
    """However small it is, unless the user wants more."""
    exact = measured([0.1] * 3)
    assert proof_trials(exact.program, exact.memory, 1e-300) == 2
    assert math.isinf(proof_trials(program(min_effect=0.5), exact.memory, 0.4))


@given(st.floats(allow_nan=False))
def test_every_gain_has_a_cost(gain: float) -> None:
    """A number of trials or infinity, whatever a model expects."""
    assert proof_trials(NOISY.program, NOISY.memory, gain) > 8
