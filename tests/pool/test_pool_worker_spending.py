"""What a campaign of a search plans for."""

from types import SimpleNamespace
from typing import Any

import pytest

from overnight.pool.work.spending import FIRST_TRIALS, Spending, planned_trials, spent_its_plan
from overnight.research.ending import Ending, EndReason


def state_of(
    *, trials: int, tokens: int = 0, planned: int | None = None, why: EndReason = EndReason.BUDGET
) -> Any:  # Any: fake
    """A campaign that ran so many trials, and ended."""
    tally = SimpleNamespace(trials=trials, tokens=tokens, cost_usd=tokens / 1000)
    stopped = SimpleNamespace(ending=Ending(reason=why, detail="it ended"))
    return SimpleNamespace(tally=tally, budget=SimpleNamespace(trials=planned), stopped=stopped)


@pytest.mark.parametrize("used", [0, 1, FIRST_TRIALS // 2, FIRST_TRIALS, 2 * FIRST_TRIALS, 999])
def test_a_plan_leaves_room_and_grows_with_what_was_used(used: int) -> None:
    """Soon something is put to the proof, and however long a campaign goes on, it is restarted seldom."""
    assert used + FIRST_TRIALS // 2 <= planned_trials(used) <= max(FIRST_TRIALS, 3 * used)


def test_a_campaign_goes_on_when_its_plan_is_spent_and_ends_for_any_other_reason() -> None:
    """A spent plan is no end; no ideas, or a budget of models, is one."""
    assert spent_its_plan(state_of(trials=64, planned=64))
    assert not spent_its_plan(state_of(trials=64, planned=64, why=EndReason.NO_IDEAS))
    assert not spent_its_plan(state_of(trials=10, planned=64))


def test_tokens_and_money_are_those_of_all_campaigns_of_a_search() -> None:
    """What earlier searches used counts for nothing; what the campaign before used is taken away."""
    states = {"chain-0": state_of(trials=9, tokens=500)}
    spending = Spending(tokens=1000, cost_usd=2.0, state=states.get)
    assert spending.budget("chain-0") == {"trials": FIRST_TRIALS, "tokens": 1500, "cost_usd": 2.5}
    states["chain-0"] = state_of(trials=80, tokens=800)
    assert spending.budget("chain-1") == {"trials": FIRST_TRIALS, "tokens": 700, "cost_usd": 1.7}
    assert spending.budget("chain-0") == {"trials": 2 * FIRST_TRIALS, "tokens": 1500, "cost_usd": 2.5}
