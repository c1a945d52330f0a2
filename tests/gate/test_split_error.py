"""How many kept changes gain on the public and sealed data alone."""

import random
from dataclasses import replace

import pytest

from overnight.gate.caution import of_small_split
from overnight.gate.memory import GateMemory, after_concluded
from overnight.gate.split_error import Answers, split_error
from overnight.gate.trial import Arm, Stage, Trial, TrialKey
from overnight.gate.verdict import Conclusion, Verdict
from overnight.program.program import Direction, Metric

LOSS = Metric(name="loss", direction=Direction.MINIMIZE)
PAIRS, HIDDEN = 12, 5
GAIN = 1.5  # sd of a pair
PASSES = 0.6  # what a holdout asks of it


def winners(draw: random.Random, *, error: float, real: int, lucky: int) -> tuple[Answers, int]:
    """What a holdout with such an error answers of changes of that gain and of lucky ones; how many of these it confirms."""
    answers, false = Answers(), 0
    for number in range(real + lucky):
        true = GAIN if number < real else 0.0
        confirmed = [GAIN + draw.gauss(0.0, 1.0) for _ in range(PAIRS)]
        own = draw.gauss(0.0, error)
        hidden = [true + own + draw.gauss(0.0, 1.0) for _ in range(HIDDEN)]
        kept = sum(hidden) / HIDDEN >= PASSES
        answers = answers.add(confirmed, hidden, kept=kept)
        false += kept and not true
    return answers, false


def test_a_holdout_without_an_error_is_not_suspected() -> None:
    """Real gains that its noise refuses now and then do not count."""
    draw = random.Random(1)
    found = [split_error(winners(draw, error=0.0, real=25, lucky=0)[0]) for _ in range(50)]
    assert found == [None] * 50


@pytest.mark.parametrize("error", [0.4, 0.8, 1.5])
def test_the_number_of_false_keeps_is_told_from_those_that_did_not_pass(error: float) -> None:
    """Within a half of the truth on average, whatever the error; a holdout so many times as large would tell."""
    draw = random.Random(2)
    campaigns = [winners(draw, error=error, real=15, lucky=25) for _ in range(100)]
    found = [split_error(answers) for answers, _ in campaigns]
    assert all(found)
    said, true = sum(each.false for each in found if each), sum(false for _, false in campaigns)
    assert 0.6 * true < said < 1.5 * true
    larger = sum(each.larger for each in found if each) / 100
    assert 0.5 * error**2 / 0.01 < larger < 2.0 * error**2 / 0.01


def test_the_caution_is_told_beyond_the_error_rate_alone() -> None:
    """It says how many of how many, and how large a holdout would tell."""
    few = Answers(asked=23, refused=12, below=7, squares=-0.3, thresholds=6.0, noise=2.4)
    many = replace(few, squares=2.1)
    assert of_small_split(Answers(), kept=0, error_rate=0.1) == ""
    assert of_small_split(few, kept=11, error_rate=0.3) == ""
    said = of_small_split(many, kept=11, error_rate=0.1)
    assert said.startswith("the holdout did not confirm 12 of 23 changes that were proven in public")
    assert "of the 11 kept gain on these data alone; a holdout 30 times as large would tell" in said
    assert "larger" not in of_small_split(replace(few, noise=6.0), kept=1, error_rate=0.0)


def pair(stage: Stage, index: int, gain: float) -> list[Trial]:
    """Two trials."""
    keys = [TrialKey(experiment=1, stage=stage, index=index, arm=arm) for arm in (Arm.BASELINE, Arm.CANDIDATE)]
    values = (3.0, 3.0 - gain)
    return [Trial(key=key, seed=index, tree=key.arm.value, value=value) for key, value in zip(keys, values, strict=True)]


def test_what_the_holdout_was_asked_is_remembered_once_a_verdict_is_there() -> None:
    """Of gains; a change for less code may cost something, and a target without noise has no error to speak of."""
    gains = [1.0, 0.8, 1.2, 0.9, 1.1]
    trials = [trial for index, gain in enumerate(gains) for trial in pair(Stage.CONFIRM, index, gain)]
    trials += [trial for index in range(2) for trial in pair(Stage.HOLDOUT, index, -0.2)]
    lost = Conclusion(verdict=Verdict.DISCARD, reason="not confirmed", gain=1.0, pairs=5)
    after = after_concluded(GateMemory(), lost, trials, LOSS).answers
    assert (after.asked, after.refused, after.below) == (1, 1, 1)
    kept = after_concluded(GateMemory(), replace(lost, verdict=Verdict.KEEP), trials, LOSS).answers
    assert (kept.asked, kept.refused, kept.squares) == (1, 0, 0.0)
    assert after_concluded(GateMemory(), replace(lost, margin=0.1), trials, LOSS).answers == Answers()
    exact = [trial for index in range(2) for trial in pair(Stage.CONFIRM, index, 1.0)] + pair(Stage.HOLDOUT, 0, -0.2)
    assert after_concluded(GateMemory(), replace(lost, pairs=2), exact, LOSS).answers == Answers()
