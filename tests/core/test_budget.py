"""Budgets: the program's for the campaign, the session's from where it stands."""

import pytest
from builders import concluded, opened, proposed

from overnight.core.budget import Allowance, allow
from overnight.core.state import State, begin, fold
from overnight.records.program import Budget


def state(experiments: int) -> State:
    events = [event for n in range(1, experiments + 1) for event in (proposed(n), concluded(n))]
    return fold(begin(opened()), events)


@pytest.mark.parametrize(("total", "more", "most"), [(None, None, None), (10, None, 10), (None, 5, 8), (10, 5, 8), (6, 5, 6)])
def test_the_smaller_of_both_counts(total: int | None, more: int | None, most: int | None) -> None:
    """`--experiments` counts from here, the program's budget from the start."""
    assert allow(Budget(experiments=total), state(3), experiments=more, hours=None).experiments == most


def test_hours_are_those_of_the_campaign_s_clock() -> None:
    """The clock that counts is the recorded one, whatever the wall clock did."""
    allowance = allow(Budget(hours=1), state(3), experiments=None, hours=0.5)
    assert allowance.elapsed_s == 3.0 + 1800
    assert "hours" in allowance.spent(state(3), 1803.0)
    assert allowance.spent(state(3), 1802.0) == ""


def test_money_and_tokens_are_hard() -> None:
    """At the limit nothing more is asked for."""
    assert "tokens" in Allowance(tokens=0).spent(state(0), 0.0)
    assert "$0.00" in Allowance(cost_usd=0.0).spent(state(0), 0.0)


def test_open_and_asked_for_proposals_count() -> None:
    """Two researchers at once do not exceed the number of experiments."""
    allowance = Allowance(experiments=3)
    assert allowance.experiments_spent(state(1), asked=1) == ""
    assert "3 experiments" in allowance.experiments_spent(state(1), asked=2)
