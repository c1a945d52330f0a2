"""Less code is kept if the program asks for it and non-inferiority is proven, and never otherwise."""

import random

import pytest
from gate_walk import Numbers, Walk, program

from overnight.gate.explain import explain
from overnight.gate.trial import Arm, Stage, TrialKey
from overnight.gate.verdict import Conclusion, Verdict

EXACT = 10.0


def noisy(gain: float, *, seed: int = 1, hidden: float | None = None, common: bool = False) -> Numbers:
    """A Gaussian target of sd 1, minimised, in which the candidate is better by `gain`; with `common`, seeds fix the noise."""

    def value(key: TrialKey) -> float:
        shared = (key.experiment, key.stage, key.index)
        draw = random.Random(f"{seed} {shared if common else key}").gauss(0.0, 1.0)
        better = gain if key.stage is not Stage.HOLDOUT or hidden is None else hidden
        return 100.0 + draw - (better if key.arm is Arm.CANDIDATE else 0.0)

    return value


def exact(candidate: float, hidden: float = EXACT) -> Numbers:
    """A target without noise in which the head has 10."""

    def value(key: TrialKey) -> float:
        if key.arm is Arm.BASELINE:
            return EXACT
        return hidden if key.stage is Stage.HOLDOUT else candidate

    return value


def judged(values: Numbers, *, asked: bool = True, shrinks: bool = True, min_effect: float | None = 1.0) -> Conclusion:
    """The verdict on one candidate."""
    walk = Walk(program(keep_simpler=asked, min_effect=min_effect), values, shrinks=shrinks)
    return walk.baseline().experiment()


@pytest.mark.parametrize(("asked", "shrinks"), [(False, False), (False, True), (True, False), (True, True)])
def test_equal_is_kept_only_if_asked_for_and_simpler(asked: bool, shrinks: bool) -> None:
    """Without noise an equal value is kept if the program says so and there is less code."""
    conclusion = judged(exact(EXACT), asked=asked, shrinks=shrinks, min_effect=None)
    assert (conclusion.verdict is Verdict.KEEP) is (asked and shrinks)
    if asked and shrinks:
        assert (conclusion.margin, conclusion.gain, conclusion.level) == (0.0, 0.0, None)
        assert "no worse, with less code" in conclusion.reason


def test_worse_is_never_kept_without_noise() -> None:
    """Equal means equal if trials are exact, whatever min_effect is."""
    assert judged(exact(EXACT + 0.001)).verdict is Verdict.DISCARD


def test_better_but_below_min_effect_is_kept_if_simpler() -> None:
    """A small exact gain that is not enough by itself is enough with less code."""
    assert judged(exact(EXACT - 0.5), shrinks=False).verdict is Verdict.DISCARD
    assert judged(exact(EXACT - 0.5)).verdict is Verdict.KEEP


def test_the_holdout_must_agree_that_it_is_no_worse() -> None:
    """Equal on the holdout is enough for less code, worse is not."""
    for hidden, verdict in ((EXACT, Verdict.KEEP), (EXACT + 1.0, Verdict.DISCARD)):
        walk = Walk(program(keep_simpler=True, holdout=True), exact(EXACT, hidden), shrinks=True).baseline()
        assert walk.experiment().verdict is verdict


def test_no_worse_is_proven_at_the_level_of_a_test() -> None:
    """A neutral change with less code passes a registered test against a harm of min_effect, and says so."""
    walk = Walk(program(keep_simpler=True, min_effect=2.0), noisy(0.0), shrinks=True).baseline()
    conclusion = walk.experiment()
    assert (conclusion.verdict, conclusion.margin, walk.memory.tests) == (Verdict.KEEP, 2.0, 1)
    assert conclusion.low is not None and conclusion.low > -2.0
    text = " ".join(explain(conclusion, walk.program))
    assert "not worse by 2" in text and "less code" in text and "worse by that much" in text


def test_trials_that_agree_need_no_wide_margin() -> None:
    """If one seed gives one value, dead code is removed at the default margin."""
    assert judged(noisy(0.0, common=True), min_effect=None).verdict is Verdict.KEEP
    assert judged(noisy(0.0, common=True), min_effect=None, shrinks=False).verdict is Verdict.DISCARD


def test_harm_of_the_margin_is_hardly_ever_kept() -> None:
    """Of many changes that cost exactly the margin none is kept, though most are tested."""
    walks = [Walk(program(keep_simpler=True, min_effect=1.0), noisy(-1.0, seed=seed), shrinks=True) for seed in range(150)]
    verdicts = [walk.baseline().experiment().verdict for walk in walks]
    assert Verdict.KEEP not in verdicts
    assert sum(walk.memory.tests for walk in walks) > 50


def test_a_neutral_change_is_mostly_kept() -> None:
    """The test has power: at a margin of two sigma most neutral simplifications pass."""
    kept = sum(judged(noisy(0.0, seed=seed), min_effect=2.0).verdict is Verdict.KEEP for seed in range(60))
    assert kept >= 36


def test_small_harms_do_not_add_up() -> None:
    """All keeps for less code together may cost at most one margin: what one costs is taken from the next."""
    walk = Walk(program(keep_simpler=True, min_effect=4.0), noisy(-1.5), shrinks=True).baseline()
    first = walk.experiment(1)
    assert first.verdict is Verdict.KEEP and first.gain is not None
    assert walk.memory.conceded == pytest.approx(-first.gain / 4.0)
    walk.values = noisy(-1.5, seed=2)
    walk.baseline().experiment(2)
    assert walk.margin == pytest.approx(4.0 + first.gain)


def test_the_holdout_judges_harm_with_the_margin() -> None:
    """A proven simplification passes a neutral holdout, and not one on which it costs the margin."""

    def kept(hidden: float) -> int:
        walks = [
            Walk(program(keep_simpler=True, holdout=True, min_effect=2.0), noisy(0.0, hidden=hidden, seed=seed), shrinks=True)
            for seed in range(40)
        ]
        return sum(walk.baseline().experiment().verdict is Verdict.KEEP for walk in walks)

    assert kept(0.0) >= 5 * max(1, kept(-2.0))
