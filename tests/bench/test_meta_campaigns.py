"""Simulated meta-campaigns: the worlds are as they say, and organisations that do not differ are seldom kept."""

import statistics
from dataclasses import replace

import pytest
from demo import AGAIN, FULL, SHORT, START, Bank, Replayed
from meta_rules import ERROR_RATE, RULES, few_tests, gate
from meta_worlds import LONG, MIDDLE, SETTINGS, Budget, World
from same import own_secret
from simulations import BETTER, campaign

from overnight.gate.trial import Arm, Stage, TrialKey
from overnight.meta.task import InnerTask
from overnight.meta.trials import InnerTrials

BY_NAME = {setting.name: setting for setting in SETTINGS}


@pytest.mark.parametrize("budget", [LONG, MIDDLE])
@pytest.mark.parametrize("better", [1.0, BETTER, 0.6])
def test_progress_is_as_large_as_the_organisation_is_good(budget: Budget, better: float) -> None:
    """The mean over many scores is the budget's times `better`, and the stated share of equal ones gains nothing."""
    scores = [statistics.NormalDist().inv_cdf((place + 0.5) / 4000) for place in range(4000)]
    values = [budget.progress(score, better) for score in scores]
    assert statistics.fmean(values) == pytest.approx(budget.mean * better, rel=0.03)
    if better == 1.0:
        assert sum(value == 0.0 for value in values) / len(values) == pytest.approx(budget.nothing, abs=0.01)


def test_a_screening_campaign_counts_a_quarter() -> None:
    """Two arms on three targets: six full ones, or one and a half."""
    world = World(BY_NAME["long, 3 targets"], 1)
    world.pair(1.0)
    assert world.used == 6.0
    world.pair(1.0, screening=True)
    assert world.used == 7.5


def test_the_spreads_of_a_check_are_near_the_truth() -> None:
    """With many pairs, the sd of the difference of two log-normal values with a cv of .4."""
    assert World(BY_NAME["long, 1 target"], 1).spreads(4000) == pytest.approx([0.4 * 2**0.5], rel=0.05)


@pytest.mark.parametrize("name", ["long, 3 targets", "short, 1 target", "short, 3 targets"])
def test_equal_organisations_are_kept_less_often_than_the_error_rate(name: str) -> None:
    """300 meta-campaigns with ten candidates each: any keep is a false one."""
    tried = [campaign(BY_NAME[name], "overnight meta", seed, 400.0, (1.0,), 10) for seed in range(300)]
    any_kept = statistics.fmean(any(one.kept for one in candidates) for candidates in tried)
    assert any_kept <= ERROR_RATE


def test_a_rule_without_an_error_budget_keeps_equal_ones() -> None:
    """So the test above can fail: one run each, and five with a t-test, keep what does not differ."""
    for rule in ("one run each, keep if better", "5 runs, t-test p<.05"):
        tried = [campaign(BY_NAME["long, 1 target"], rule, seed, 400.0, (1.0,), 20) for seed in range(20)]
        assert statistics.fmean(any(one.kept for one in candidates) for candidates in tried) > 0.5


def test_fixed_designs_have_the_levels_of_the_gate() -> None:
    """So that both spend the same error."""
    assert few_tests(1, 0) == pytest.approx(0.05) and few_tests(2, 1) == pytest.approx(1 / 30)
    assert set(RULES) >= {"overnight meta", "20 pairs, t-test, our levels", "halving without a final test"}


def test_arms_of_a_real_comparison_of_equals_have_secrets_of_their_own() -> None:
    """Else two organisations that differ in words gain exactly the same, and nothing false could be kept."""
    key = TrialKey(experiment=1, stage=Stage.CONFIRM, arm=Arm.BASELINE, index=0)

    def usual(_self: InnerTrials, key: TrialKey) -> InnerTask:
        return InnerTask(folder="", organisation="", path="", secret="00", instance=key.index)

    task = own_secret(usual)
    trials = object.__new__(InnerTrials)
    one, other = task(trials, key), task(trials, replace(key, arm=Arm.CANDIDATE))
    assert len({"00", one.secret, other.secret}) == 3 and one.instance == other.instance


def test_a_replayed_demo_proves_what_its_bank_shows() -> None:
    """The gate over a bank keeps an organisation that is far better there, and both arms are on one instance."""
    bank = Bank()
    for at in range(8):
        bank.found[START, FULL][at], bank.found[AGAIN, FULL][at] = 1.0 + at / 8, 1.4 + at / 8
        bank.found["better", FULL][at] = 3.0 + at / 8
        bank.found[START, SHORT][at], bank.found["better", SHORT][at] = 0.0, 1.0
    world = Replayed(bank, ["better"], 1)
    assert [b - a for a, b in world.pair(0.0)] == [2.0]
    assert list(gate(world, iter([0.0]))) == [True]  # type: ignore[arg-type]  # as a World
