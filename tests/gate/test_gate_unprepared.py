"""Trials for which `prepare` could make no inputs: they say nothing about the candidate."""

from collections.abc import Callable
from dataclasses import replace

import pytest
from gate_walk import Values, Walk, crash, program

from overnight.gate.seeds import ANCHORS
from overnight.gate.trial import Arm, Fault, Stage, Trial, TrialKey
from overnight.gate.verdict import Verdict
from overnight.program.program import Noise

WHY = "`prepare` failed: exit code 1"


def noisy(key: TrialKey) -> float:
    """A candidate that is much better, with a little noise that both arms share in part."""
    level = 5.0 if key.arm is Arm.CANDIDATE else 9.0
    return level + 0.1 * ((key.index * 7 + (key.arm is Arm.CANDIDATE)) % 5)


def exact(key: TrialKey) -> float:
    """The same without noise."""
    return 5.0 if key.arm is Arm.CANDIDATE else 9.0


def unprepared(values: Callable[[TrialKey], float], stage: Stage, arms: set[Arm], below: int) -> Values:
    """Trials of a stage and of these arms have no inputs at the indices below `below`."""

    def value(key: TrialKey) -> float | Trial:
        lacks = key.stage is stage and key.arm in arms and key.index < below
        return replace(crash(WHY), fault=Fault.PREPARE) if lacks else values(key)

    return value


@pytest.mark.parametrize("values", [noisy, exact])
@pytest.mark.parametrize("stage", [Stage.SCREEN, Stage.CONFIRM, Stage.HOLDOUT])
@pytest.mark.parametrize("arms", [{Arm.CANDIDATE}, set(Arm)])
def test_others_take_their_place(values: Callable[[TrialKey], float], stage: Stage, arms: set[Arm]) -> None:
    """With two trials without inputs, in one arm or both, the candidate is still kept, by others with their own seeds."""
    noise = Noise.GAUSSIAN if values is noisy else Noise.AUTO
    walk = Walk(program(holdout=True, noise=noise), unprepared(values, stage, arms, 2)).baseline()
    assert walk.experiment().verdict is Verdict.KEEP
    own = [key for key in walk.asked if key.experiment]
    assert len(set(own)) == len(own)
    if values is exact and stage is Stage.SCREEN:
        assert [key.index for key in own if key.stage is stage] == [0, 1, 2, ANCHORS + 2]


@pytest.mark.parametrize(
    ("stage", "verdict", "reason"),
    [
        (Stage.SCREEN, Verdict.CRASH, WHY),
        (Stage.CONFIRM, Verdict.DISCARD, "`prepare` failed in 3 pairs"),
        (Stage.HOLDOUT, Verdict.DISCARD, "`prepare` failed in 3 holdout pairs"),
    ],
)
def test_it_is_given_up_after_three(stage: Stage, verdict: Verdict, reason: str) -> None:
    """Nothing goes on forever, and this end is reported in other words than a loss."""
    walk = Walk(program(holdout=True, noise=Noise.GAUSSIAN), unprepared(noisy, stage, set(Arm), 1000)).baseline()
    found = walk.experiment()
    assert (found.verdict, found.reason) == (verdict, reason)
