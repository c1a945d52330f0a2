"""Screening with the head's own seeds: what they did to the head is subtracted from the candidate's trials."""

import math
import random
import re
from dataclasses import replace

import pytest
from gate_walk import Numbers, Walk, program

from overnight.gate.noise import MOST_LUCK, PRIOR_LUCK, noise_model
from overnight.gate.screening import stands
from overnight.gate.seeds import place_of_seed
from overnight.gate.trial import Arm, TrialKey
from overnight.gate.verdict import Verdict
from overnight.program.program import Noise

SEEDED = replace(program(), measure="m {seed}")


def target(gain: float, common: float, *, seed: int) -> Numbers:
    """A level of 100 and sd 1, minimised; a seed does `common` of what it does to the head to the candidate."""

    def value(key: TrialKey) -> float:
        place = place_of_seed(key, head=0)
        luck = random.Random(f"{seed} {place.experiment} {place.stage} {place.index}").gauss(0.0, 1.0)
        if key.arm is Arm.BASELINE:
            return 100.0 + luck
        own = random.Random(f"{seed} {key}").gauss(0.0, 1.0)
        return 100.0 - gain + common * luck + math.sqrt(1.0 - common**2) * own

    return value


def campaign(gain: float, common: float, *, seed: int, experiments: int = 12) -> Walk:
    """Several experiments on one head, or until one is kept."""
    walk = Walk(SEEDED, target(gain, common, seed=seed)).baseline()
    for number in range(1, experiments + 1):
        if walk.baseline().experiment(number).verdict is Verdict.KEEP:
            break
    return walk


def test_a_small_gain_is_found_where_seeds_are_common() -> None:
    """A gain of 0.7 sigma in up to eight tries is found more often, and in less than half the trials."""
    common, own = ([campaign(0.7, rho, seed=seed, experiments=8) for seed in range(40)] for rho in (0.95, 0.0))
    kept = [sum(walk.memory.keeps for walk in walks) for walks in (common, own)]
    trials = [sum(len(walk.asked) for walk in walks) for walks in (common, own)]
    assert kept[0] >= kept[1] + 5
    assert 2 * trials[0] < trials[1]


def test_a_change_without_effect_is_cheap() -> None:
    """It has the head's values with the head's seeds, whatever luck these bring, and never reaches a test."""
    walks = [campaign(0.0, 1.0, seed=seed, experiments=5) for seed in range(40)]
    assert not any(walk.memory.tests for walk in walks)


def test_a_discard_says_behind_or_ahead_in_plain_words() -> None:
    """Never so many standard errors ahead with a minus."""
    reason = Walk(SEEDED, target(-9.0, 0.0, seed=1)).baseline().experiment(1).reason
    said = r"screening: [0-9.]+ standard errors behind the head after 1 trial; to go on it needs a lead of 0.6"
    assert re.fullmatch(said, reason)


@pytest.mark.parametrize(
    ("score", "said"),
    [
        (0.59, "0.5 standard errors ahead of the head"),
        (0.02, "0.0 standard errors ahead of the head"),
        (-1.01, "1.1 standard errors behind the head"),
        (-math.inf, "behind the head"),
    ],
)
def test_a_lead_that_is_short_of_the_bar_never_reads_as_on_it(score: float, said: str) -> None:
    """0.59 is not said to be 0.6 where 0.6 was needed, nor 1.01 behind to be 1."""
    assert stands(score) == said


@pytest.mark.parametrize(("common", "low", "high"), [(0.0, 0.0, 0.4), (0.95, 0.7, MOST_LUCK)])
def test_what_seeds_share_is_learnt_from_the_tests(common: float, low: float, high: float) -> None:
    """It starts at a half, and the pairs of a few tests show its true value."""
    assert noise_model(SEEDED, Walk(SEEDED, target(0.0, common, seed=1)).baseline().memory).luck == PRIOR_LUCK
    learnt = [noise_model(SEEDED, campaign(1.5, common, seed=seed).memory).luck for seed in range(10)]
    assert low <= sum(learnt) / len(learnt) <= high


def test_luck_is_shared_by_no_clock() -> None:
    """A command without a seed, a timing and a drifting machine start without common luck."""
    memory = Walk(SEEDED, target(0.0, 0.0, seed=1)).baseline().memory
    timing = replace(SEEDED, gate=replace(SEEDED.gate, noise=Noise.TIMING))
    assert noise_model(program(), memory).luck == 0.0
    assert noise_model(timing, memory).luck == 0.0
    assert noise_model(SEEDED, replace(memory, drifting=True)).luck == 0.0


def test_trials_with_other_seeds_are_compared_with_the_mean() -> None:
    """A head whose first trials failed has nothing to subtract, and there is still a verdict."""
    walk = Walk(SEEDED, target(6.0, 0.95, seed=3)).baseline()
    walk.memory = replace(walk.memory, anchors=())
    assert walk.experiment().verdict is Verdict.KEEP
