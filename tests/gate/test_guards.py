"""Guards with and without noise."""

import math
import random

import pytest
from gate_walk import Walk, program

from overnight.gate.guards import breach, log_evidence, unproven
from overnight.gate.trial import Arm, Stage, Trial, TrialKey
from overnight.gate.verdict import Verdict
from overnight.program.program import Guard

MEMORY = Guard(metric="memory", op="<=", bound=100.0)
ACCURACY = Guard(metric="accuracy", op=">", bound=0.9)


def trials(name: str, *values: float) -> list[Trial]:
    """Trials of a candidate that printed these values of one metric."""
    return [
        Trial(
            key=TrialKey(experiment=1, stage=Stage.CONFIRM, arm=Arm.CANDIDATE, index=index),
            seed=0,
            tree="",
            value=1.0,
            metrics={name: value},
        )
        for index, value in enumerate(values)
    ]


def test_one_trial_is_clear_only_without_noise() -> None:
    """A single broken guard discards in a deterministic target, and two of two anywhere."""
    assert breach([MEMORY], trials("memory", 101.0), deterministic=True) is not None
    assert breach([MEMORY], trials("memory", 101.0), deterministic=False) is None
    assert breach([MEMORY], trials("memory", 101.0, 102.0), deterministic=False) is not None
    assert breach([MEMORY], trials("memory", 101.0, 99.0), deterministic=False) is None


def test_a_mean_beyond_the_bound_is_clear() -> None:
    """Some trials within the bound do not save a candidate that breaks the guard on average."""
    assert breach([ACCURACY], trials("accuracy", 0.7, 0.71, 0.91, 0.69), deterministic=False) is not None
    assert breach([ACCURACY], trials("accuracy", 0.89, 0.92, 0.93, 0.91), deterministic=False) is None


def test_a_missing_guard_metric_is_reported() -> None:
    """A guard that cannot be read does not hold."""
    reason = breach([MEMORY], trials("accuracy", 0.95), deterministic=False)
    assert reason is not None
    assert "was not measured" in reason


def test_far_from_the_bound_no_evidence_is_needed() -> None:
    """Equal values on the bound and values far within it are certain; without a guard nothing is held back."""
    assert log_evidence([MEMORY], trials("memory", 100.0, 100.0)) == math.inf
    assert log_evidence([MEMORY], trials("memory", 40.0, 42.0, 41.0)) == math.inf
    assert log_evidence([], trials("memory", 40.0)) == math.inf


def test_near_the_bound_evidence_grows_with_trials() -> None:
    """Half a sd of room is proven by many trials, not by a few; the worst guard decides."""
    draw = random.Random(1)
    near = trials("memory", *(draw.gauss(99.5, 1.0) for _ in range(100)))
    assert log_evidence([MEMORY], near[:10]) < math.log(100.0) < log_evidence([MEMORY], near)
    tight = Guard(metric="memory", op="<", bound=99.0)
    assert log_evidence([MEMORY, tight], near) == log_evidence([tight], near) < 0.0


def test_a_guard_that_no_trial_breaks_is_proven_on_its_bound() -> None:
    """Values at the bound and within it prove a guard as fast as a gain is proven at best, until one breaks it."""
    at = trials("memory", *(100.0 if place % 4 else 99.0 for place in range(12)))
    assert math.log(2.0**11) <= log_evidence([MEMORY], at) < math.log(2.0**12)
    assert log_evidence([MEMORY], [*at, *trials("memory", 101.0)]) < math.log(4.0)
    assert log_evidence([Guard(metric="memory", op="<", bound=100.0)], at) < math.log(8.0)


def test_a_guard_on_its_strict_bound_is_broken() -> None:
    """A value that `<` forbids does not become certain by being always the same."""
    strict = Guard(metric="memory", op="<", bound=100.0)
    assert log_evidence([strict], trials("memory", *[100.0] * 20)) < 0.0


@pytest.mark.parametrize("centre", [100.0 + 1e-9, 100.2, 101.0])
def test_a_guard_that_is_broken_is_seldom_proven(centre: float) -> None:
    """Of many candidates centred beyond the bound, at most the stated share reaches the evidence, at any number of looks."""
    draw, reached = random.Random(7), 0
    for _ in range(400):
        run = trials("memory", *(draw.gauss(centre, 1.0) for _ in range(20)))
        reached += any(log_evidence([MEMORY], run[:count]) >= math.log(10.0) for count in range(4, 21))
    assert reached <= 400 / 10 + 3 * 6  # three standard deviations of a share of one tenth


def test_the_guard_that_lacks_evidence_is_named() -> None:
    """The weakest one is named, and none if all have enough."""
    draw = random.Random(1)
    near = trials("memory", *(draw.gauss(99.5, 1.0) for _ in range(100)))
    tight = Guard(metric="memory", op="<", bound=99.0)
    assert unproven([MEMORY, tight], near, math.log(100.0)) == tight
    assert unproven([MEMORY], near, math.log(100.0)) is None
    assert unproven([], near, math.log(100.0)) is None


@pytest.mark.parametrize(("breaks", "verdict"), [(False, Verdict.KEEP), (True, Verdict.DISCARD)])
def test_a_verdict_names_the_guard_that_is_not_proven(breaks: bool, verdict: Verdict) -> None:
    """A large gain is kept with its guard on the bound; if some trials break it, the reason is the guard, not the gain."""
    draw = random.Random(5)

    def value(key: TrialKey) -> Trial:
        candidate = key.arm is Arm.CANDIDATE
        broken = breaks and candidate and key.index % 3 == 1
        metrics = {"memory": 101.0 if broken else 100.0 if key.index % 3 else 99.0}
        return Trial(key=key, seed=0, tree="", value=draw.gauss(1.0 if candidate else 9.0, 1.0), metrics=metrics)

    walk = Walk(program(guards=(MEMORY,)), value).baseline()
    conclusion = walk.experiment()
    assert conclusion.verdict is verdict
    named = conclusion.reason == "not proven within 60 pairs that the guard memory <= 100 holds"
    assert named is (verdict is Verdict.DISCARD)
