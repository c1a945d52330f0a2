"""Coarse, saturated and integer metrics: what looks deterministic after three equal trials and is not."""

import random

from gate_walk import Numbers, Walk, program

from overnight.gate.noise import noise_report
from overnight.gate.trial import Arm, Stage, TrialKey
from overnight.gate.verdict import Verdict
from overnight.program.program import Noise


def coarse(differs: float, *, seed: int = 1) -> Numbers:
    """A count of errors: 10, except that a share of the trials has one more or less; no candidate changes that."""

    def value(key: TrialKey) -> float:
        draw = random.Random(f"{seed} {key}")
        return 10.0 + (draw.choice((-1, 1)) if draw.random() < differs else 0)

    return value


def kind(walk: Walk) -> Noise:
    return noise_report(walk.program, walk.memory).kind


def test_a_win_that_does_not_repeat_makes_the_target_noisy() -> None:
    """From then on the head is measured as noisy, and wins need a test."""

    def value(key: TrialKey) -> float:
        lucky = key.stage is Stage.SCREEN and key.index == 0 and key.experiment == 1
        return 9.0 if lucky else 10.0

    walk = Walk(program(), value).baseline()
    assert kind(walk) is Noise.DETERMINISTIC
    assert walk.experiment(1).verdict is Verdict.DISCARD
    assert kind(walk) is not Noise.DETERMINISTIC
    assert len(walk.baseline().memory.baseline) == 8
    walk.values = lambda key: 9.0 if key.arm is Arm.CANDIDATE else 10.0
    assert walk.experiment(2).verdict is Verdict.KEEP
    assert walk.memory.tests == 2


def test_a_head_that_differs_from_what_won_makes_the_target_noisy() -> None:
    """The fresh trial of a new head is compared with the trials that won: two values of one tree are noise."""
    walk = Walk(program(), lambda key: 9.0 if key.arm is Arm.CANDIDATE else 10.0).baseline()
    assert walk.experiment(1).verdict is Verdict.KEEP
    walk.values = lambda _key: 10.0
    walk.baseline()
    assert kind(walk) is not Noise.DETERMINISTIC
    assert len(walk.memory.baseline) == 8


def test_an_exact_target_stays_exact_over_its_keeps() -> None:
    """A head that repeats the value that it won with is deterministic as before."""
    walk = Walk(program(), lambda key: 10.0 - key.experiment).baseline()
    for number in (1, 2, 3):
        level = 10.0 - number
        walk.values = lambda key, level=level: level if key.arm is Arm.CANDIDATE else level + 1.0  # type: ignore[misc]
        assert walk.experiment(number).verdict is Verdict.KEEP
        walk.values = lambda _key, level=level: level  # type: ignore[misc]
        walk.baseline()
        assert kind(walk) is Noise.DETERMINISTIC


def test_no_ops_on_a_coarse_metric_are_hardly_ever_kept() -> None:
    """In 40 campaigns of 50 no-ops, with one trial in ten that differs, at most the stated share keeps any."""
    spoiled = 0
    for seed in range(40):
        walk = Walk(program(), coarse(0.1, seed=seed))
        verdicts = {walk.baseline().experiment(number).verdict for number in range(1, 51)}
        spoiled += Verdict.KEEP in verdicts
    assert spoiled <= 4
