"""Seeds and orders of trials."""

from dataclasses import replace

from hypothesis import given, settings
from hypothesis import strategies as st

from overnight.gate.seeds import ANCHORS, candidate_first, place_of_seed, trial_seed
from overnight.gate.trial import Arm, Stage, TrialKey

SECRET = "5e" * 16
KEY = TrialKey(experiment=7, stage=Stage.CONFIRM, arm=Arm.CANDIDATE, index=3)

keys = st.builds(
    TrialKey,
    experiment=st.integers(0, 10**6),
    stage=st.sampled_from(Stage),
    arm=st.sampled_from(Arm),
    index=st.integers(0, 10**4),
)


@settings(deadline=None)
@given(st.text(max_size=64), keys)
def test_both_arms_of_a_pair_share_seed_and_order(secret: str, key: TrialKey) -> None:
    """The arm changes neither the seed nor the order, and the seed fits 31 bits."""
    seeds = {trial_seed(secret, replace(key, arm=arm)) for arm in Arm}
    orders = {candidate_first(secret, replace(key, arm=arm)) for arm in Arm}
    assert len(seeds) == len(orders) == 1
    assert 0 <= seeds.pop() < 2**31


def test_a_seed_is_the_same_for_ever() -> None:
    """A ledger written today replays with the same seeds tomorrow."""
    assert trial_seed(SECRET, KEY) == 382370315
    assert candidate_first(SECRET, KEY) is True


def test_experiment_stage_index_and_secret_each_change_the_seed() -> None:
    """No two places of a campaign, and no two campaigns, share a seed."""
    others = [
        trial_seed("other", KEY),
        *(trial_seed(SECRET, replace(KEY, stage=stage)) for stage in Stage),
        *(trial_seed(SECRET, replace(KEY, index=index)) for index in range(3)),
        *(trial_seed(SECRET, replace(KEY, experiment=number)) for number in range(7)),
    ]
    assert len(set(others)) == len(others)


def test_evidence_that_starts_again_has_seeds_of_its_own() -> None:
    """Each restart draws new ones for every stage but screening, which follows the head, and a search, which has its own."""
    seeds = [
        trial_seed(SECRET, place_of_seed(replace(KEY, stage=stage, restart=restart), 3))
        for stage in (Stage.CONFIRM, Stage.HOLDOUT)
        for restart in range(4)
    ]
    assert len({*seeds}) == len(seeds) // 2
    screened = [place_of_seed(replace(KEY, stage=Stage.SCREEN, restart=restart), 3) for restart in range(3)]
    assert len({*screened}) == 1
    assert candidate_first(SECRET, KEY) is True


def test_the_order_is_a_fair_coin() -> None:
    """Over many pairs the candidate goes first about half the time."""
    firsts = sum(candidate_first(SECRET, replace(KEY, index=index)) for index in range(2000))
    assert 900 < firsts < 1100  # 4.5 standard deviations; a fixed draw, so it cannot flicker


def test_a_search_has_seeds_of_its_own() -> None:
    """Its trials share a seed by their repeat alone, over the whole campaign, and with no trial of another stage."""
    first, second = (
        {
            place_of_seed(replace(KEY, stage=Stage.SEARCH, index=index, experiment=0), head, repeat=repeat)
            for index in range(3)
            for head in range(3)
        }
        for repeat in range(2)
    )
    assert len(first) == len(second) == 1 and first != second
    others = {
        place_of_seed(TrialKey(experiment=number, stage=stage, arm=arm, index=index), head=head)
        for stage in Stage
        if stage is not Stage.SEARCH
        for number in range(3)
        for arm in Arm
        for index in range(8)
        for head in range(3)
    }
    mine = {place_of_seed(replace(KEY, stage=Stage.SEARCH), 0, repeat=repeat) for repeat in range(100)}
    seeds = {trial_seed(SECRET, place) for place in mine}
    assert len(seeds) == len(mine) and seeds.isdisjoint(trial_seed(SECRET, place) for place in others)


def test_which_trials_share_a_seed() -> None:
    """Screening uses the head's seeds, a holdout trial its pair's, an audit one for each index; a pair has its own."""
    at = {stage: place_of_seed(replace(KEY, stage=stage), head=4) for stage in Stage}
    assert at[Stage.SCREEN] == replace(KEY, experiment=4, stage=Stage.BASELINE)
    repeated = replace(KEY, stage=Stage.SCREEN, index=ANCHORS)
    assert place_of_seed(repeated, head=4) == repeated
    assert at[Stage.HOLDOUT] == at[Stage.CONFIRM] == KEY
    assert at[Stage.AUDIT] == replace(KEY, experiment=0, stage=Stage.AUDIT)
    assert at[Stage.BASELINE] == replace(KEY, stage=Stage.BASELINE)
