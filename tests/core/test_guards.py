"""Guards with and without noise."""

import math
import random

from overnight.core.guards import breach, log_evidence
from overnight.records.program import Guard
from overnight.records.trial import Arm, Stage, Trial, TrialKey

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
    """Some trials within the bound do not save a guard that is broken on average."""
    assert breach([ACCURACY], trials("accuracy", 0.7, 0.71, 0.91, 0.69), deterministic=False) is not None
    assert breach([ACCURACY], trials("accuracy", 0.89, 0.92, 0.93, 0.91), deterministic=False) is None


def test_a_missing_guard_metric_is_told() -> None:
    """A guard that cannot be read does not hold."""
    reason = breach([MEMORY], trials("accuracy", 0.95), deterministic=False)
    assert reason is not None
    assert "was not measured" in reason


def test_far_from_the_bound_no_evidence_is_needed() -> None:
    """Equal values on the bound and values far from it are certain; no guard at all holds nothing back."""
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
