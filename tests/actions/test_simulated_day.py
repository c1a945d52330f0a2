"""A small simulated day of actions: `bench/actions/day.py` has a large one."""

import pytest
from day import a_day

from overnight.actions.trunk.merging import Merging, Verdicts

SEED = 6


def test_nothing_that_the_checks_would_find_lands_and_good_results_do() -> None:
    """Ten actions with conflicts, flaky checks and a user who commits: all of them land, and none breaks the trunk."""
    found = a_day(actions=10, seed=SEED)
    assert (found.asked, found.breakages, found.left) == (10, 0, [])
    assert found.returned and found.user_commits


def test_the_day_is_hard_enough(monkeypatch: pytest.MonkeyPatch) -> None:
    """The same day without checks on what is merged breaks the trunk: the oracle sees it."""

    async def believe(*_: object, **__: object) -> Verdicts:
        return Verdicts()

    monkeypatch.setattr(Merging, "_verdicts", believe)
    assert a_day(actions=10, seed=SEED).breakages
