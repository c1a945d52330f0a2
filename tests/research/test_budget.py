"""Budgets: the program's for the campaign, the session's from where it begins."""

import pytest
from builders import baseline, concluded, opened, proposed, searched

from overnight.program.program import Budget
from overnight.research.budget import SessionAllowance, limits_from
from overnight.research.ending import Ending, EndReason
from overnight.research.state import State, begin, fold


def state(experiments: int) -> State:
    events = [event for n in range(1, experiments + 1) for event in (proposed(n), concluded(n))]
    return fold(begin(opened()), events)


def allow(budget: Budget, state: State, *, experiments: int | None, hours: float | None) -> SessionAllowance:
    """What a session that begins at this state may use."""
    return limits_from(state, experiments=experiments, hours=hours).within(budget)


def said(ending: Ending | None) -> tuple[EndReason, str] | None:
    return (ending.reason, ending.detail) if ending else None


@pytest.mark.parametrize(("total", "more", "most"), [(None, None, None), (10, None, 10), (None, 5, 8), (10, 5, 8), (6, 5, 6)])
def test_the_smaller_of_both_counts(total: int | None, more: int | None, most: int | None) -> None:
    """`--experiments` counts from here, the program's budget from the start."""
    assert allow(Budget(experiments=total), state(3), experiments=more, hours=None).experiments == most


def test_hours_are_those_of_the_campaign_s_clock() -> None:
    """The clock that counts is the recorded one, whatever the wall clock did."""
    allowance = allow(Budget(hours=1), state(3), experiments=None, hours=0.5)
    assert allowance.elapsed_s == 3.0 + 1800
    assert said(allowance.spent(state(3), 1803.0)) == (EndReason.SESSION, "the 30 min 00 s of this session are over")
    assert allowance.spent(state(3), 1802.0) is None


def test_the_end_names_the_limit_that_was_reached() -> None:
    """A session that was ended by `--experiments` or `--hours` says so; one that reached the program's budget says that."""
    budget = Budget(experiments=9, hours=2)
    asked = allow(budget, state(8), experiments=1, hours=3)
    assert said(asked.experiments_spent(state(9), 0)) == (EndReason.BUDGET, "the budget of 9 experiments is spent")
    assert said(asked.time_over()) == (EndReason.BUDGET, "the budget of 2 h 00 min is spent")
    asked = allow(budget, state(3), experiments=1, hours=1)
    assert said(asked.experiments_spent(state(4), 0)) == (EndReason.SESSION, "1 experiment in this session, as asked for")
    assert said(asked.time_over()) == (EndReason.SESSION, "the 1 h 00 min of this session are over")


def test_money_and_tokens_are_hard() -> None:
    """At the limit nothing more is requested."""
    assert "tokens" in str(said(SessionAllowance(tokens=0).spent(state(0), 0.0)))
    assert "$0.00" in str(said(SessionAllowance(cost_usd=0.0).spent(state(0), 0.0)))


def test_every_trial_counts_in_the_budget_of_trials() -> None:
    """At the limit nothing more is proposed, whatever the trials were for."""
    state = fold(begin(opened()), [baseline(0, 1.0), searched(0), searched(1, None)])
    assert allow(Budget(trials=4), state, experiments=None, hours=None).spent(state, 0.0) is None
    spent = allow(Budget(trials=3), state, experiments=None, hours=None).spent(state, 0.0)
    assert said(spent) == (EndReason.BUDGET, "the budget of 3 trials is spent")


def test_open_and_asked_for_proposals_count() -> None:
    """Two researchers at once do not exceed the number of experiments."""
    allowance = SessionAllowance(experiments=3)
    assert allowance.experiments_spent(state(1), asked=1) is None
    assert "3 experiments" in str(said(allowance.experiments_spent(state(1), asked=2)))
