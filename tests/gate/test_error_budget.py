"""The error budget over a campaign."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from overnight.gate.error_budget import budget_share, level_of


def test_levels_without_keeps_stay_within_the_rate() -> None:
    """However many tests there are, their levels sum to no more than the error rate."""
    assert 0.07 < sum(level_of(0.1, test=test, keeps=0) for test in range(1, 200_000)) < 0.1


def test_first_level() -> None:
    """The first test has ln(20.5) / (21 ln^2 21) of the error rate."""
    assert level_of(0.1, test=1, keeps=0) == pytest.approx(0.1 * 0.0155174, rel=1e-4)


@given(st.integers(1, 10**6), st.integers(0, 10**4))
def test_keeps_earn_and_tests_spend(test: int, keeps: int) -> None:
    """Every keep raises the next level, every test lowers it, and no level passes one half."""
    level = level_of(0.1, test=test, keeps=keeps)
    assert 0.0 < level <= 0.5
    assert level_of(0.1, test=test, keeps=keeps + 1) >= level >= level_of(0.1, test=test + 1, keeps=keeps)
    assert budget_share(test) > budget_share(test + 1)
