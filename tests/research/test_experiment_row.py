"""What the row of an experiment says about its trials."""

import pytest

from overnight.gate.trial import Arm, Stage, Trial, TrialKey
from overnight.research.history import same_as_head

ANCHORS = [(7, 0.25), (8, 0.5)]


def trial(seed: int, value: float | None, arm: Arm = Arm.CANDIDATE) -> Trial:
    """A screening trial."""
    return Trial(key=TrialKey(experiment=1, stage=Stage.SCREEN, arm=arm, index=0), seed=seed, tree="t", value=value)


@pytest.mark.parametrize(
    ("trials", "same"),
    [
        ([trial(7, 0.25)], True),
        ([trial(7, 0.25), trial(8, 0.5)], True),
        ([trial(7, 0.25), trial(9, 0.1)], True),  # no trial of the head has that seed
        ([trial(7, 0.25), trial(8, 0.25)], False),
        ([trial(7, 0.5)], False),
        ([trial(7, None)], False),
        ([trial(9, 0.25)], False),
        ([trial(7, 0.25, Arm.BASELINE)], False),
        ([], False),
    ],
)
def test_same_as_head_needs_a_common_seed_and_equal_values(trials: list[Trial], same: bool) -> None:
    """With noise from the seed, only trials of one seed can show that a change has no effect."""
    assert same_as_head(trials, ANCHORS) is same
