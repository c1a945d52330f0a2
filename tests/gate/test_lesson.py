"""What a stranger's trials tell the gate about the experiments of others."""

import random
from dataclasses import replace

import pytest
from gate_walk import Walk, program

from overnight.gate.lesson import Lesson
from overnight.gate.memory import GateMemory, after_concluded, after_restart, after_trial
from overnight.gate.noise import noise_model
from overnight.gate.seeds import ANCHORS, place_of_seed, trial_seed
from overnight.gate.trial import Arm, Stage, TrialKey
from overnight.gate.verdict import Verdict

UNTOLD = ("baseline", "linear", "logarithmic", "varied", "early", "trials", "anchors")  # what screening is computed from


def wild(key: TrialKey) -> float:
    """A candidate whose pairs spread a hundred times as far as the head's trials do, and which is better."""
    draw = random.Random(f"{key}").gauss(0.0, 1.0)
    return 100.0 + draw if key.arm is Arm.BASELINE else 50.0 + 5.0 * draw


def after_one(lesson: Lesson) -> tuple[GateMemory, GateMemory]:
    """The memory before and after such a candidate; as if it had not been kept, so that both are of one head."""
    walk = Walk(program(), wild, lesson=lesson).baseline()
    before = walk.memory
    kept = walk.experiment()
    assert kept.verdict is Verdict.KEEP and kept.pairs > 2
    after = before
    for trial in walk.trials:
        after = after_trial(after, trial, lesson)
    lost = replace(kept, verdict=Verdict.DISCARD)
    return before, after_concluded(after, lost, walk.trials, walk.program.metric, lesson)


def test_nothing_of_a_stranger_s_test_is_in_what_others_are_screened_by() -> None:
    """Neither its spread nor the head's trials in its pairs; those of a known key say how trials vary, and no more."""
    before, after = after_one(Lesson.NOTHING)
    assert all(getattr(after, name) == getattr(before, name) for name in UNTOLD)
    assert noise_model(program(), after) == noise_model(program(), before)
    before, after = after_one(Lesson.SPREAD)
    assert after.baseline == before.baseline
    assert after.linear.paired.freedom > 0 == before.linear.paired.freedom
    before, after = after_one(Lesson.ALL)
    assert len(after.baseline) > len(before.baseline)


def test_a_stranger_s_test_that_starts_again_tells_nothing_either() -> None:
    """When the head moves, its pairs so far are dropped."""
    walk = Walk(program(), wild, lesson=Lesson.NOTHING).baseline()
    walk.experiment()
    assert after_restart(GateMemory(), walk.trials, walk.program.metric, Lesson.NOTHING) == GateMemory()
    assert after_restart(GateMemory(), walk.trials, walk.program.metric).linear.paired.freedom > 0


def test_a_target_without_noise_stays_so_whatever_a_stranger_s_candidate_draws() -> None:
    """Its own noise gets a test for it alone; nobody makes the trials of others more expensive."""

    def value(key: TrialKey) -> float:
        return 100.0 if key.arm is Arm.BASELINE else 90.0 + random.Random(f"{key}").random()

    for lesson, varied in ((Lesson.NOTHING, False), (Lesson.ALL, True)):
        walk = Walk(program(), value, lesson=lesson).baseline()
        walk.experiment()
        assert {trial.key.stage for trial in walk.trials} >= {Stage.CONFIRM}
        assert walk.memory.varied is varied


@pytest.mark.parametrize("stage", [Stage.SCREEN, Stage.CONFIRM, Stage.HOLDOUT])
def test_no_two_experiments_share_a_seed_but_those_of_the_head(stage: Stage) -> None:
    """The number that a seed is drawn by is given when a change is there: the same change again gets other seeds."""

    def seeds(number: int) -> set[int]:
        keys = (TrialKey(experiment=number, stage=stage, arm=Arm.CANDIDATE, index=index) for index in range(60))
        return {trial_seed("secret", place_of_seed(key, 0)) for key in keys}

    assert len(seeds(1)) == 60
    assert len(seeds(1) & seeds(2)) == (ANCHORS if stage is Stage.SCREEN else 0)
