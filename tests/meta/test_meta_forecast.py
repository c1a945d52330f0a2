"""What a budget can find, and how sure the estimate of a spread is."""

from dataclasses import replace

import pytest

from overnight.meta.charter import Charter, InnerBudget
from overnight.meta.check_report import KEEP_TRIALS, check_report, describe
from overnight.meta.forecast import affordable, forecast, spread_interval
from overnight.meta.noise import PAIRS, Noise, TargetNoise, default_pairs
from overnight.meta.parsing import parse_charter

TARGET = {"nothing": 0.0, "trials": 60.0, "elapsed_s": 10.0, "tokens": 0.0, "cost_usd": 0.0}


def charter(front: str = "budget: {campaigns: 200}", targets: str = "[lab:plant, lab:kernel]", holdout: str = "[]") -> Charter:
    """A charter with these keys."""
    allowed = "allowed_researchers: [{role: tuner, use: tuner}]"
    text = f"---\ntargets: {targets}\nholdout: {holdout}\ninner: {{trials: 60}}\n{allowed}\n{front}\n---\n"
    return parse_charter(text, "meta.md")


def noise(*names: str, campaigns: int = 16, mean: float = 1.0, spread: float = 0.5, **other: float) -> Noise:
    """The same noise on targets of these names."""
    one = TargetNoise(mean=mean, spread=spread, campaigns=campaigns, **{**TARGET, **other})
    return Noise(basis="", targets=dict.fromkeys(names, one))


@pytest.mark.parametrize(("pairs", "low", "high"), [(2, 0.5206, 6.2847), (4, 0.5991, 2.8738), (8, 0.6755, 1.9158)])
def test_the_interval_of_a_spread_is_that_of_chi_square(pairs: int, low: float, high: float) -> None:
    """As tables have it: 7.378, 11.143, 17.535 and 0.0506, 0.4844, 2.1797 for 2, 4 and 8 degrees of freedom."""
    assert spread_interval(1.0, pairs) == pytest.approx((low, high), rel=1e-3)


def test_the_smallest_difference_follows_from_noise_budget_and_targets() -> None:
    """Half as noisy is half as large; four times the pairs, too; more targets are better than one, at the same pairs."""
    both = ("plant", "kernel")
    thirty = charter("budget: {campaigns: 200}\ngate: {max_pairs: 30}")
    found = forecast(thirty, noise(*both), 2)
    quiet = forecast(thirty, noise(*both, spread=0.25), 2)
    assert found.smallest_spreads == quiet.smallest_spreads
    assert found.smallest_share == pytest.approx(2.0 * (quiet.smallest_share or 0.0))
    assert (found.pairs, found.whole, found.rejected) == (30, 128, 4), "30 pairs are `max_pairs`; 2 pairs screen"
    few = forecast(charter("budget: {campaigns: 400}\ngate: {max_pairs: 15}"), noise(*both), 2)
    many = forecast(charter("budget: {campaigns: 400}\ngate: {max_pairs: 60}"), noise(*both), 2)
    assert few.smallest_share == pytest.approx(2.0 * (many.smallest_share or 0.0))
    alone = forecast(charter("gate: {max_pairs: 30}", targets="[lab:plant]"), noise("plant"), 2)
    assert (alone.smallest_share or 0.0) == pytest.approx((found.smallest_share or 0.0) * 2**0.5)


def test_a_budget_that_pays_for_no_proof_finds_nothing() -> None:
    """It is said, with what the quickest proof takes, the sealed targets counted."""
    small = charter("budget: {campaigns: 12}", targets="[lab:plant]", holdout="[lab:kernel]")
    found = check_report(small, noise("plant", "kernel"), 2)
    assert found.smallest_share is None and found.needed_campaigns > 12
    assert f"nothing can be proven: the budget is too small; the quickest proof takes {found.needed_campaigns}" in describe(
        found
    )
    proof = forecast(
        charter(f"budget: {{campaigns: {found.needed_campaigns}}}", "[lab:plant]", "[lab:kernel]"), noise("plant", "kernel"), 2
    )
    assert proof.smallest_share is not None, "that many are enough"


def test_below_ten_campaigns_no_difference_is_claimed() -> None:
    """Not in words and not in JSON; with ten it is."""
    alone = charter(targets="[lab:plant]")
    found = check_report(alone, noise("plant", campaigns=8), 2)
    assert (found.claim, found.smallest_share, found.smallest_spreads) == (False, None, None)
    assert "too few campaigns to claim a difference: 8 of 10" in describe(found) and "more progress" not in describe(found)
    enough = check_report(alone, noise("plant", campaigns=10), 2)
    assert enough.claim and "more progress" in describe(enough)


def test_few_pairs_are_warned_of_with_the_interval() -> None:
    """And not if there are as many as the gate needs."""
    few = describe(check_report(charter(), noise("plant", "kernel", campaigns=8), 2))
    assert "each spread rests on 4 pairs: the true one is 0.6 to 2.9 times that" in few
    assert "rests on" not in describe(check_report(charter(), noise("plant", "kernel", campaigns=2 * PAIRS), 2))


def test_targets_that_show_nothing_are_named() -> None:
    """Those where most campaigns gain nothing, and those where the organisation makes no progress."""
    text = describe(check_report(charter(), noise("plant", "kernel", nothing=0.6), 2))
    assert "on plant most campaigns gain nothing" in text and "60% gain nothing" in text
    text = describe(check_report(charter(), noise("plant", "kernel", mean=-0.1), 2))
    assert "on kernel the organisation makes no progress" in text


def test_the_budget_is_that_of_the_scarcest() -> None:
    """Hours count as what fits on the slots, tokens and dollars as what one campaign takes of them."""
    both = noise("plant", "kernel", tokens=1000.0, cost_usd=0.5)
    assert affordable(charter("budget: {}"), both, 2) is None
    assert affordable(charter("budget: {hours: 0.1}"), both, 2) == 72
    assert affordable(charter("budget: {hours: 0.1, tokens: 20000}"), both, 2) == 20
    assert affordable(charter("budget: {hours: 0.1, cost_usd: 5, tokens: 20000}"), both, 2) == 10
    assert affordable(charter("budget: {campaigns: 50, tokens: 100000000}"), both, 2) == 50


def test_the_check_takes_a_fifth_of_the_budget_and_enough_for_a_claim() -> None:
    """Without a limit it takes what the gate needs."""
    assert default_pairs(charter("budget: {}")) == PAIRS
    assert default_pairs(charter("budget: {campaigns: 1000}")) == PAIRS
    assert default_pairs(charter("budget: {campaigns: 80}")) == 4, "2 targets: 16 of 80 campaigns"
    assert default_pairs(charter("budget: {campaigns: 12}", targets="[lab:plant]")) == 5, "ten campaigns are the least"


def test_an_inner_budget_too_small_to_screen_is_named() -> None:
    """At a quarter of it no change can be proven on a noisy target, so that all organisations look equal there."""
    text = describe(check_report(charter(), noise("plant", "kernel"), 2))
    assert (
        f"screening gives an inner campaign 20 trials, and on a noisy target the first keep takes about {KEEP_TRIALS}" in text
    )
    enough = replace(charter(), inner=InnerBudget(trials=4 * KEEP_TRIALS))
    assert "screening gives" not in describe(check_report(enough, noise("plant", "kernel"), 2))


def test_tokens_too_few_for_a_proposal_in_screening_are_named() -> None:
    """With what a proposal took in the check, and what would be enough."""
    asks = replace(charter(), inner=InnerBudget(trials=400, tokens=2000))
    text = describe(check_report(asks, noise("plant", "kernel", proposal_tokens=800.0), 2))
    assert "screening gives an inner campaign 500 tokens, and a proposal takes about 800" in text
    assert "write `inner: {tokens: 9600}` or more" in text
    assert "screening gives" not in describe(check_report(asks, noise("plant", "kernel", proposal_tokens=500.0), 2))
