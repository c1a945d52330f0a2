"""The error budget of a campaign: the level at which each registered test must prove itself (e-LOND)."""

import math

DELAY = 20.0  # t0: spreads the budget over the first few dozen tests; tuned in bench/gate
_HIGHEST = 0.5  # no test is easier than this, however many keeps came before


def level_of(error_rate: float, *, test: int, keeps: int, expensive: bool = False) -> float:
    """alpha_t for the test-th registered proposal (from 1) after `keeps` keeps.

    alpha_t = alpha * gamma_t * (keeps + 1), gamma_t = ln(t0 + 1/2) / ((t + t0) ln^2(t + t0)); the gamma_t sum to less than 1.
    Keeping a proposal if E_t >= 1/alpha_t holds the expected share of false keeps at or below alpha, however the tests depend
    on each other and whether or not they overlap in time. If trials are `expensive`, there will be few tests, and the first
    ones get most of the budget: gamma_t = 1/(t (t + 1)), which also sum to 1.

    Source: Xu and Ramdas, "Online multiple testing with e-values", AISTATS 2024 (e-LOND).
    """
    return min(_HIGHEST, error_rate * budget_share(test, expensive=expensive) * (keeps + 1))


def budget_share(test: int, *, expensive: bool = False) -> float:
    """gamma_t, the share of the budget that the test-th test has before any keep."""
    if expensive:
        return 1.0 / (test * (test + 1))
    place = test + DELAY
    return math.log(DELAY + 0.5) / (place * math.log(place) ** 2)
