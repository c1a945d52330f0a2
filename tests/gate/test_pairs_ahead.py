"""Pairs that run ahead of a test: the verdict is that of the shortest run of finished pairs, whatever else was measured."""

import random
from collections.abc import Callable
from dataclasses import replace

import pytest
from examples import scaled
from gate_walk import Numbers, Walk, crash, program
from hypothesis import given, settings
from hypothesis import strategies as st

from overnight.gate.gate import FIRST_PAIRS, next_step, pair_ahead
from overnight.gate.memory import GateMemory, after_trial
from overnight.gate.steps import Conclude, RunTrials
from overnight.gate.trial import Arm, Fault, Stage, Trial, TrialKey
from overnight.gate.verdict import Conclusion, Verdict
from overnight.program.program import Guard, Program

LEVEL = 0.004
Measured = Callable[[TrialKey], Trial]


def target(gain: float, seed: int, *, hidden: float = 0.0, crashes: int = -1, memory: int = -1) -> Measured:
    """A Gaussian target; the candidate crashes in one confirmation pair, or breaks a guard from one on, if these are given."""

    def measured(key: TrialKey) -> Trial:
        better = hidden if key.stage is Stage.HOLDOUT else gain
        value = 100.0 + random.Random(f"{seed} {key}").gauss(0.0, 1.0) - better * (key.arm is Arm.CANDIDATE)
        metrics = {"mem": 9.0 if 0 <= memory <= key.index and key.stage is Stage.CONFIRM else 1.0}
        made = Trial(key=key, seed=key.index, tree=key.arm.value, value=value, metrics=metrics)
        fails = key.stage is Stage.CONFIRM and key.arm is Arm.CANDIDATE and key.index == crashes
        return replace(made, value=None, fault=Fault.EXIT, reason="exit code 1") if fails else made

    return measured


def known_head() -> GateMemory:
    """The memory of a campaign whose noisy head is measured."""

    def value(key: TrialKey) -> float:
        return 100.0 + random.Random(f"head {key}").gauss(0.0, 1.0)

    return Walk(program(), value).baseline().memory


MEMORY = known_head()


def in_order(target_program: Program, measured: Measured) -> Conclusion:
    """The verdict if one pair runs after the other."""
    trials: list[Trial] = []
    while True:
        step = next_step(target_program, MEMORY, 1, trials, LEVEL)
        if isinstance(step, Conclude):
            return step.conclusion
        assert isinstance(step, RunTrials)
        trials += [measured(key) for key in step.trials]


def out_of_order(target_program: Program, measured: Measured, choose: random.Random) -> tuple[Conclusion, int]:
    """The verdict if pairs run ahead and trials end in any order; and how many trials had ended by then."""
    trials: list[Trial] = []
    flying: list[TrialKey] = []
    while True:
        step = next_step(target_program, MEMORY, 1, trials, LEVEL)
        if isinstance(step, Conclude):
            return step.conclusion, len(trials)
        assert isinstance(step, RunTrials)
        flying += [key for key in step.trials if key not in flying]
        while choose.random() < 0.6 and (ahead := pair_ahead(target_program, 1, trials, flying)):
            flying.append(choose.choice(ahead.trials))
        trials.append(measured(flying.pop(choose.randrange(len(flying)))))


@settings(deadline=None, max_examples=scaled(80))
@given(
    gain=st.sampled_from([-0.5, 0.0, 0.4, 0.8, 1.5, 3.0]),
    seed=st.integers(0, 10**6),
    crashes=st.sampled_from([-1, -1, -1, 0, 3, 8, 12]),
    memory=st.sampled_from([-1, -1, 2, 7]),
    holdout=st.booleans(),
)
def test_the_order_in_which_trials_end_changes_no_verdict(
    gain: float, seed: int, crashes: int, memory: int, holdout: bool
) -> None:
    """Keep, discard, crash, guard and holdout: verdict, evidence and interval are those of pairs that run one by one."""
    judged = replace(program(holdout=holdout, max_pairs=25), guards=(Guard(metric="mem", op="<=", bound=4.0),))
    measured = target(gain, seed, hidden=gain, crashes=crashes, memory=memory)
    expected = in_order(judged, measured)
    for order in range(3):
        found, _ = out_of_order(judged, measured, random.Random(f"{order} {seed}"))
        assert found == expected


def test_what_is_measured_beyond_the_verdict_has_no_say() -> None:
    """A test that ends after so many pairs ends there, also if later pairs are in before, or the candidate crashes in one."""
    judged, measured = program(), target(3.0, 7)
    kept = in_order(judged, measured)
    assert kept.verdict is Verdict.KEEP
    keys = [TrialKey(experiment=1, stage=Stage.CONFIRM, arm=arm, index=n) for n in range(kept.pairs + 5) for arm in Arm]
    everything = [measured(key) for key in keys]
    late = replace(crash("boom"), key=keys[-1])
    for trials in (everything, everything[::-1], [*everything[:-1], late]):
        step = next_step(judged, MEMORY, 1, trials, LEVEL)
        assert isinstance(step, Conclude) and step.conclusion == kept
    gap = [trial for trial in everything if trial.key.index != 2]
    assert next_step(judged, MEMORY, 1, gap, LEVEL) == RunTrials(trials=tuple(key for key in keys if key.index == 2))


def test_how_far_a_test_runs_ahead() -> None:
    """Two pairs at first, more the longer it has gone on, never beyond the cap, and none while the holdout is asked."""
    judged, measured = program(max_pairs=12), target(0.4, 3)

    def keys(*indices: int, stage: Stage = Stage.CONFIRM) -> list[TrialKey]:
        return [TrialKey(experiment=1, stage=stage, arm=arm, index=index) for index in indices for arm in Arm]

    def farthest(done: int) -> int:
        trials, flying = [measured(key) for key in keys(*range(done))], list[TrialKey]()
        while ahead := pair_ahead(judged, 1, trials, flying):
            flying += ahead.trials
        return max(key.index for key in flying) + 1 if flying else done

    assert [farthest(done) for done in (0, 1, 2, 4, 8, 11, 12)] == [FIRST_PAIRS, 2, 4, 7, 12, 12, 12]
    assert pair_ahead(judged, 1, [], keys(0, stage=Stage.HOLDOUT)) is None
    half = pair_ahead(judged, 1, [], keys(0)[:1])
    assert half == RunTrials(trials=(keys(0)[1],)), "the other arm of a pair that has begun comes first"


def test_a_pair_in_which_the_head_failed_is_not_finished_ahead() -> None:
    """Its other arm would be run for nothing."""
    void = replace(crash(), key=TrialKey(experiment=1, stage=Stage.CONFIRM, arm=Arm.BASELINE, index=0))
    ahead = pair_ahead(program(), 1, [void], [])
    assert ahead is not None and {key.index for key in ahead.trials} == {1}


@pytest.mark.parametrize("fault", [None, Fault.EXIT])
def test_search_is_no_evidence(fault: Fault | None) -> None:
    """Trials that compared proposals with each other neither screen, nor confirm, nor crash an experiment."""
    key = TrialKey(experiment=1, stage=Stage.SEARCH, arm=Arm.CANDIDATE, index=0)
    searched = Trial(key=key, seed=1, tree="t", value=None if fault else 1.0, fault=fault)
    alone = next_step(program(), MEMORY, 1, [], None)
    assert next_step(program(), MEMORY, 1, [searched], None) == alone
    assert isinstance(alone, RunTrials) and [key.stage for key in alone.trials] == [Stage.SCREEN]
    assert after_trial(MEMORY, searched) == after_trial(MEMORY, replace(searched, tree=MEMORY.head_tree)) == MEMORY


def test_a_merged_survivor_is_tested_at_once() -> None:
    """What survived screening before it was merged needs no screening; without noise the trials are the verdict, so it does."""
    step = next_step(program(), MEMORY, 1, [], None, screened=True, restart=1)
    assert not isinstance(step, RunTrials | Conclude)
    exact: Numbers = lambda _: 10.0  # noqa: E731  # a target without noise
    without_noise = Walk(program(), exact).baseline().memory
    step = next_step(program(), without_noise, 1, [], None, screened=True, restart=1)
    assert isinstance(step, RunTrials) and [key.restart for key in step.trials] == [1]
