"""What search trials cost a campaign: how many are left, and how often its state is saved."""

import math
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace
from typing import cast

import pytest
from builders import opened, searched

from overnight.program.program import Budget
from overnight.research.budget import SessionLimits
from overnight.research.loop.journal import SEARCHES, SNAPSHOT_EVERY, Journal
from overnight.research.loop.scheduler import Scheduler
from overnight.research.loop.scope import Scope
from overnight.research.loop.searching import PLANNED_PER_EXPERIMENT, SearchTrials
from overnight.research.record.ledger import SqliteLedger
from overnight.research.standing import Tally
from overnight.research.state import begin

BEFORE = SessionLimits(experiments_before=10, trials_before=100, elapsed_before_s=3600.0)


def left(budget: Budget, limits: SessionLimits, *, running: int = 0) -> float:
    """The trials that a session may still run, on two slots, 100 s and 30 trials after it began; a trial takes 2 s."""
    state = begin(opened())
    tally = Tally(trials=130, trial_wall_s=260.0, discard=11)
    state = replace(state, budget=budget, tally=tally)
    journal = SimpleNamespace(state=state, elapsed_s=lambda: 3700.0, watch=lambda _watcher: None)
    scheduler = SimpleNamespace(journal=journal, slots=SimpleNamespace(count=2))
    trials = SearchTrials(
        scheduler=cast("Scheduler", scheduler), scope=cast("Scope", None), limits=limits, staff=(), _running=running
    )
    return trials.trials_left()


@pytest.mark.parametrize(
    ("budget", "limits", "expected"),
    [
        (Budget(), BEFORE, math.inf),
        (Budget(trials=150), BEFORE, 20),
        (Budget(trials=100), BEFORE, 0),
        (Budget(experiments=20), BEFORE, 10 * PLANNED_PER_EXPERIMENT - 30),
        (Budget(), replace(BEFORE, experiments=5), 5 * PLANNED_PER_EXPERIMENT - 30),
        (Budget(hours=2), BEFORE, 3500),
        (Budget(hours=2, trials=150), replace(BEFORE, hours=0.05), 20),
        (Budget(hours=2), replace(BEFORE, hours=0.05), 80),
    ],
)
def test_the_least_of_all_limits_is_left(budget: Budget, limits: SessionLimits, expected: float) -> None:
    """Of the program for the campaign, of the user for the session; an experiment stands for the trials that it takes."""
    assert left(budget, limits) == pytest.approx(expected)


def test_trials_under_way_are_not_left() -> None:
    """They are as good as spent."""
    assert left(Budget(trials=150), BEFORE, running=4) == 16
    assert left(Budget(), replace(BEFORE, experiments=5), running=4) == 5 * PLANNED_PER_EXPERIMENT - 34


def test_a_long_search_is_saved(tmp_path: Path) -> None:
    """After a kill at most as many search trials are folded again as cost as much as the experiments between two snapshots."""
    ledger = SqliteLedger(tmp_path)
    ledger.append(opened())
    journal, most = Journal(ledger, begin(opened())), SEARCHES * SNAPSHOT_EVERY
    journal.record(*(searched(index) for index in range(most - 1)))
    assert not ledger.snapshots()
    journal.record(*(searched(index) for index in range(most - 1, most + 1)))
    assert len(ledger.snapshots()) == 1
    ledger.close()
