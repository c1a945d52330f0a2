"""A first trial is stopped if hardly any that were better at 30 % went on; nothing of it is evidence."""

from dataclasses import replace

import pytest
from gate_walk import Walk, program

from overnight.gate.early_stopping import NEIGHBOURS, RUN_ON, SURVIVORS, StoppingBar, stopping_bar
from overnight.gate.gate import next_step
from overnight.gate.memory import GateMemory
from overnight.gate.steps import Conclude
from overnight.gate.trial import Arm, Fault, Stage, Trial, TrialKey
from overnight.gate.verdict import Verdict
from overnight.program.program import Direction

PROGRAM = program()
HEAD = 10.0
LOST = tuple((-1.0 - n / 10, False) for n in range(NEIGHBOURS))  # leads of -1.0, -1.1, .. after which nothing went on
BEST = -1.0


def first_trial(number: int = 1, arm: Arm = Arm.CANDIDATE, stage: Stage = Stage.SCREEN, index: int = 0) -> TrialKey:
    """The place of an experiment's first trial."""
    return TrialKey(experiment=number, stage=stage, arm=arm, index=index)


def bar(
    early: tuple[tuple[float, bool], ...], key: TrialKey | None = None, direction: Direction = Direction.MINIMIZE
) -> StoppingBar | None:
    """The bar after this record, for a head that had 10."""
    memory = GateMemory(head_early=(HEAD - 0.5, HEAD + 0.5), early=early)
    return stopping_bar(key or first_trial(), program(direction=direction).metric, memory)


def lead_of(early: tuple[tuple[float, bool], ...]) -> float | None:
    """The lead that the record asks for."""
    found = bar(early)
    return found.lead if found else None


def test_below_all_that_went_no_further_a_trial_is_stopped() -> None:
    """It is farther behind than twenty that all ended after their first trial; the reason has the numbers."""
    found = bar(LOST)
    assert found is not None and found.lead == LOST[-1][0]
    assert found.verdict(12.8) == "" == found.verdict(1.0)
    assert found.verdict(13.0) == "stopped at 30 % of its first trial: 13 there, 10 for the head"


def test_a_metric_that_grows_is_behind_below() -> None:
    """The lead is relative to the head, whichever direction is better."""
    found = bar(LOST, direction=Direction.MAXIMIZE)
    assert found is not None and found.verdict(13.0) == "" and found.verdict(7.0)


@pytest.mark.parametrize(
    ("early", "lead"),
    [
        (LOST[1:], None),  # too few
        ((*LOST, *((n / 10, True) for n in range(SURVIVORS))), LOST[-1 - SURVIVORS][0]),  # so many of twenty by chance
        ((*LOST, *((-5.0 - n, False) for n in range(20))), LOST[-1][0]),  # the nearest twenty count
        (tuple((-lead, went_on) for lead, went_on in LOST), None),  # all were ahead: a candidate that is not behind runs on
        (tuple((lead, place % 4 == 0) for place, (lead, _) in enumerate(LOST * 3)), None),  # a quarter went on
    ],
)
def test_the_bar_is_learnt(early: tuple[tuple[float, bool], ...], lead: float | None) -> None:
    """It comes from those that ran to their end, and only if hardly any went on."""
    assert lead_of(early) == lead


def test_who_went_on_from_far_behind_lowers_the_bar() -> None:
    """The bar stays lower until enough others did not go on."""
    went_on = tuple((-1.55 - n / 10, True) for n in range(SURVIVORS + 1))
    before, after = lead_of((*LOST, *LOST)), lead_of((*LOST, *LOST, *went_on))
    assert before is not None and after is not None and after < before


@pytest.mark.parametrize(
    "key",
    [
        first_trial(RUN_ON),
        first_trial(index=1),
        first_trial(stage=Stage.CONFIRM),
        first_trial(arm=Arm.BASELINE),
        first_trial(stage=Stage.HOLDOUT),
    ],
)
def test_other_trials_run_to_their_end(key: TrialKey) -> None:
    """One experiment in eight, so that the record stays true; trials of the head; and all trials that count."""
    assert bar(LOST, key) is None


def test_without_a_head_to_compare_with_nothing_is_stopped() -> None:
    """Its pattern may match nothing."""
    assert stopping_bar(first_trial(), PROGRAM.metric, GateMemory(early=LOST)) is None


def with_curve(key: TrialKey, value: float, early: float | None) -> Trial:
    """A trial that printed its curve."""
    return Trial(key=key, seed=0, tree="", value=value, early=early)


def test_the_record_is_of_judged_first_trials() -> None:
    """The record has its lead over the head's mean at 30 % and whether a second trial followed; a crash adds nothing."""
    walk = Walk(PROGRAM, lambda key: with_curve(key, 5.0 + key.index / 100, 10.0 + key.index % 2)).baseline()
    assert len(walk.memory.head_early) == len(walk.memory.baseline)
    middle = sum(walk.memory.head_early) / len(walk.memory.head_early)

    walk.values = lambda key: with_curve(key, 9.0, 12.0)
    assert walk.experiment(1).verdict is Verdict.DISCARD
    walk.values = lambda key: with_curve(key, 4.0, 9.0) if key.stage is Stage.SCREEN and not key.index else 9.0
    assert walk.experiment(2).verdict is Verdict.DISCARD
    walk.values = lambda key: replace(with_curve(key, 9.0, 12.0), value=None, fault=Fault.EXIT, reason="exit code 1")
    assert walk.experiment(3).verdict is Verdict.CRASH
    leads, went_on = zip(*walk.memory.early, strict=True)
    assert leads == pytest.approx((middle - 12.0, middle - 9.0)) and went_on == (False, True)


def test_a_new_head_has_a_curve_of_its_own() -> None:
    """The values of its predecessor at 30 % are forgotten; what was learnt is not."""
    walk = Walk(PROGRAM, lambda key: with_curve(key, 5.0 if key.arm is Arm.BASELINE else 1.0, 10.0)).baseline()
    walk.memory = replace(walk.memory, early=LOST)
    assert walk.experiment(1).verdict is Verdict.KEEP
    assert walk.memory.head_early == () and walk.memory.early[: len(LOST)] == LOST


def test_a_stopped_trial_is_a_discard_and_no_crash() -> None:
    """The verdict has its reason; it counts neither in the record nor among the losses that cause a new trial of the head."""
    walk = Walk(PROGRAM, lambda key: with_curve(key, 5.0 + key.index / 100, 10.0)).baseline()
    before = replace(walk.memory, losses=2)
    stopped = Trial(key=first_trial(), seed=0, tree="", value=None, early=14.0, fault=Fault.BEHIND, reason="stopped, 14")
    step = next_step(PROGRAM, before, 1, [stopped], None)
    assert isinstance(step, Conclude)
    assert (step.conclusion.verdict, step.conclusion.reason, step.conclusion.gain) == (Verdict.DISCARD, "stopped, 14", None)
    walk.memory, walk.values = before, lambda _: stopped
    walk.experiment(1)
    assert walk.memory.losses == 2 and walk.memory.early == ()
