"""What `check` says of a budget."""

import pytest

from overnight.program.program import Budget
from overnight.research.views.check import experiments_that_fit


@pytest.mark.parametrize(
    ("budget", "fit"),
    [
        (Budget(), None),
        (Budget(tokens=5, cost_usd=1.0), None),
        (Budget(experiments=7), 7),
        (Budget(trials=100), 33),
        (Budget(hours=1.0), 24),
        (Budget(experiments=30, trials=100, hours=1.0), 24),
        (Budget(experiments=30, trials=60, hours=1.0), 20),
    ],
)
def test_the_tightest_limit_says_how_many_experiments_fit(budget: Budget, fit: int | None) -> None:
    """Of experiments, trials and hours; an experiment usually takes three trials, here of 100 s on two slots."""
    assert experiments_that_fit(budget, trial_s=100.0, slots=2) == fit
