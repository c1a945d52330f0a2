"""The mathematics of the gate."""

import math
import random
import statistics
from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from overnight.gate.stats import (
    bet_payoffs,
    centre_interval,
    log_label_swap,
    mean,
    mean_interval,
    student_cdf,
    student_quantile,
    sum_of_squares,
    trend_score,
)

DIFFERENCES = st.lists(st.floats(-1e6, 1e6), max_size=60)


def test_label_swap_of_equal_wins() -> None:
    """Equal wins pay each bet 2 / (1 + e^(-2 bet)) a pair, and E is the mean of the bets."""
    expected = statistics.fmean((2 / (1 + math.exp(-2 * bet))) ** 10 for bet in (0.3, 0.8, 2.4))
    assert math.exp(log_label_swap([3.0] * 10)) == pytest.approx(expected)


def test_label_swap_scale_is_the_mean_so_far() -> None:
    """The second pair is weighed by the mean of both differences, the first by itself."""
    payoff = math.log(2 / (1 + math.exp(-2 * 0.3 * 1))) + math.log(2 / (1 + math.exp(-2 * 0.3 * 3 / 2)))
    assert bet_payoffs([1.0, 3.0])[0] == pytest.approx(payoff)


@given(DIFFERENCES)
def test_label_swap_mirrors(differences: list[float]) -> None:
    """Swapping the arms mirrors every bet: what one side wins as a factor p, the other gets as 2 - p, pair by pair."""
    before = mirrored_before = bet_payoffs([])
    for count in range(1, len(differences) + 1):
        now = bet_payoffs(differences[:count])
        mirrored = bet_payoffs([-difference for difference in differences[:count]])
        for place in range(3):
            factor, other = math.exp(now[place] - before[place]), math.exp(mirrored[place] - mirrored_before[place])
            assert factor + other == pytest.approx(2.0)
        before, mirrored_before = now, mirrored


@given(DIFFERENCES, st.integers(-100, 100))
def test_label_swap_ignores_units(differences: list[float], power: int) -> None:
    """E does not depend on the unit in which the metric is measured."""
    scaled = [math.ldexp(difference, power) for difference in differences if abs(difference) > 1e-200]
    assert log_label_swap(scaled) == log_label_swap([d for d in differences if abs(d) > 1e-200])


@given(st.lists(st.floats(allow_nan=False, min_value=-1e150, max_value=1e150), max_size=60))
def test_label_swap_is_finite(differences: list[float]) -> None:
    """No values, however extreme, make E infinite or undefined, and E is at most 2 to the number of pairs."""
    log_e = log_label_swap(differences)
    assert math.isfinite(log_e)
    assert log_e <= len(differences) * math.log(2) + 1e-9


@given(st.lists(st.sampled_from([0.0]), max_size=60), DIFFERENCES)
def test_ties_say_nothing(ties: list[float], differences: list[float]) -> None:
    """Pairs without a difference leave E unchanged."""
    assert log_label_swap([*ties, *differences]) == log_label_swap(differences)


def test_label_swap_is_fair_under_any_noise() -> None:
    """Checked after every pair, E passes 20 in at most 1 of 20 tests of nothing, whatever the law."""
    draw = random.Random(5)
    laws: tuple[Callable[[], float], ...] = (
        lambda: draw.gauss(0, 1),
        lambda: draw.gauss(0, 1) / math.sqrt(draw.gammavariate(1.0, 1.0)),
        lambda: draw.choice((-1, 1)) * draw.expovariate(1.0) ** 3,
        lambda: draw.gauss(0, draw.choice((0.01, 1.0, 50.0))),
    )
    for law in laws:
        passed = 0
        for _ in range(400):
            differences = [law() for _ in range(30)]
            passed += any(log_label_swap(differences[:count]) >= math.log(20) for count in range(6, 31))
        assert passed <= 400 / 20 + 2 * math.sqrt(400 / 20)


def test_centre_interval_covers_and_shrinks() -> None:
    """The interval holds the true centre in at least 95 % of samples, and is narrower with more pairs."""
    draw = random.Random(6)
    samples = [[draw.gauss(1.0, 2.0) for _ in range(40)] for _ in range(200)]
    intervals = [centre_interval(sample) for sample in samples]
    assert sum(interval is not None and interval[0] <= 1.0 <= interval[1] for interval in intervals) >= 190
    short, long = centre_interval(samples[0][:10]), centre_interval(samples[0])
    assert short is not None and long is not None
    assert long[1] - long[0] < short[1] - short[0]


def test_centre_interval_needs_enough_pairs() -> None:
    """Six pairs cannot bound both sides at 95 %; seven can; equal differences are a point."""
    assert centre_interval([1.0, 2.0, 3.0, 4.0, 5.0, 6.0]) is None
    assert centre_interval([]) is None
    assert centre_interval([2.0] * 8) == (2.0, 2.0)
    interval = centre_interval([1.0, 2.0, 3.0, 4.0, 5.0, 6.0, 7.0])
    assert interval is not None
    assert interval[0] < 4.0 < interval[1]


@pytest.mark.parametrize(
    ("probability", "freedom", "expected"),
    [(0.975, 1, 12.7062), (0.975, 2, 4.30265), (0.99, 8, 2.89646), (0.975, 19, 2.09302), (0.95, 100, 1.66023)],
)
def test_student_quantile(probability: float, freedom: int, expected: float) -> None:
    """Quantiles agree with the tables and invert the distribution function."""
    assert student_quantile(probability, freedom) == pytest.approx(expected, rel=1e-5)
    assert student_cdf(student_quantile(probability, freedom), freedom) == pytest.approx(probability)


def test_mean_interval() -> None:
    """The textbook interval of a mean."""
    low, high = mean_interval([1.0, 2.0, 3.0])
    assert (low, high) == pytest.approx((2 - 4.30265 / math.sqrt(3), 2 + 4.30265 / math.sqrt(3)), rel=1e-5)


@given(st.floats(-1e100, 1e100), st.integers(1, 70))
def test_identical_values_have_no_spread(value: float, count: int) -> None:
    """The mean of equal values is exactly that value, and their spread is exactly zero."""
    assert mean([value] * count) == value
    assert sum_of_squares([value] * count) == 0.0


def test_trend_score_tells_drift_from_noise() -> None:
    """A slow wave scores high, noise does not, nor do outliers, constants or a single value."""
    draw = random.Random(7)
    noise = [draw.gauss(0, 1) for _ in range(64)]
    wave = [2 * math.sin(place / 8) + value for place, value in enumerate(noise)]
    spiky = [value + (50 if place == 20 else 0) for place, value in enumerate(noise)]
    assert trend_score(wave) > 3.0
    assert abs(trend_score(noise)) < 2.5
    assert abs(trend_score(spiky)) < 2.5
    assert trend_score([4.0] * 20) == trend_score([1.0]) == 0.0
