"""The gate from the first baseline trial to the verdict."""

import math
import random
from dataclasses import replace

import pytest
from examples import scaled
from gate_walk import Numbers, Walk, crash, failing, program, stages
from hypothesis import example, given, settings
from hypothesis import strategies as st
from pydantic import TypeAdapter

from overnight.gate.gate import FAILURES, baseline_step, next_step
from overnight.gate.memory import GateMemory, after_trial
from overnight.gate.noise import noise_report
from overnight.gate.seeds import ANCHORS
from overnight.gate.steps import Conclude, RunTrials
from overnight.gate.trial import Arm, Stage, Trial, TrialKey
from overnight.gate.verdict import Conclusion, Verdict
from overnight.program.program import Direction, Guard, Noise

FEW = settings(max_examples=scaled(30), deadline=None)


def noisy(gain: float, *, seed: int = 1, hidden: float | None = None, sd: float = 1.0) -> Numbers:
    """A Gaussian target of level 100, minimised, in which the candidate is better by `gain`; `hidden` on the holdout."""

    def value(key: TrialKey) -> float:
        draw = random.Random(f"{seed} {key}").gauss(0.0, sd)
        better = gain if key.stage is not Stage.HOLDOUT or hidden is None else hidden
        return 100.0 + draw - (better if key.arm is Arm.CANDIDATE else 0.0)

    return value


def exact(candidate: float, hidden: float | None = None) -> Numbers:
    """A target without noise: the head has 10, the candidate `candidate`, on the holdout `hidden`."""

    def value(key: TrialKey) -> float:
        if key.arm is Arm.BASELINE:
            return 10.0
        return candidate if hidden is None or key.stage is not Stage.HOLDOUT else hidden

    return value


def test_baseline_of_a_noisy_head() -> None:
    """Three trials first, then up to eight, then none until twenty screening trials later."""
    walk = Walk(program(), noisy(0.0))
    first = baseline_step(walk.program, walk.memory, 0)
    assert first is not None
    assert [key.index for key in first.trials] == [0, 1, 2]
    walk.baseline()
    assert len(walk.memory.baseline) == 8
    screen = TrialKey(experiment=1, stage=Stage.SCREEN, arm=Arm.CANDIDATE, index=0)
    for _ in range(20):
        assert baseline_step(walk.program, walk.memory, 0) is None
        walk.memory = after_trial(walk.memory, replace(crash(), key=screen))
    refresh = baseline_step(walk.program, walk.memory, 0)
    assert refresh == RunTrials(trials=(TrialKey(experiment=0, stage=Stage.BASELINE, arm=Arm.BASELINE, index=8),))


def test_three_far_losses_in_a_row_have_the_head_looked_at() -> None:
    """A machine that became slower makes every candidate look bad: the head is measured again before the fourth one."""
    walk = Walk(program(), noisy(-9.0)).baseline()
    for number in (1, 2, 3):
        assert baseline_step(walk.program, walk.memory, 0) is None
        assert walk.experiment(number).verdict is Verdict.DISCARD
    look = baseline_step(walk.program, walk.memory, 0)
    assert look == RunTrials(trials=(TrialKey(experiment=0, stage=Stage.BASELINE, arm=Arm.BASELINE, index=8),))
    walk.baseline().experiment(4)
    assert baseline_step(walk.program, walk.memory, 0) is None


def test_a_head_that_works_no_more_is_found() -> None:
    """Three crashes in a row have the head measured, and again after each failure, until it has a value or is given up."""
    walk = Walk(program(), noisy(0.0)).baseline()
    walk.values = lambda _: crash()
    for number in (1, 2, 3):
        assert baseline_step(walk.program, walk.memory, 0) is None
        assert walk.experiment(number).verdict is Verdict.CRASH
    assert len(walk.baseline().asked) == 8 + 3 + FAILURES
    assert walk.memory.failures == FAILURES
    walk.run(TrialKey(experiment=0, stage=Stage.BASELINE, arm=Arm.BASELINE, index=99))
    walk.values = noisy(0.0)
    walk.run(TrialKey(experiment=0, stage=Stage.BASELINE, arm=Arm.BASELINE, index=100))
    assert walk.memory.failures == 0


def test_baseline_of_a_head_that_always_fails() -> None:
    """A head without any value is not measured forever, and no candidate is judged against it."""
    walk = Walk(program(), lambda _: crash()).baseline()
    assert len(walk.asked) <= 16
    walk.values = noisy(5.0)
    assert walk.experiment().verdict is Verdict.DISCARD


def test_deterministic_worse_or_equal_takes_one_trial() -> None:
    """Without noise one trial is enough to discard, and equal is not better; no error budget is spent."""
    for value, reason in ((10.0, "equal"), (11.0, "not better")):
        walk = Walk(program(), exact(value)).baseline()
        assert len(walk.asked) == 3
        conclusion = walk.experiment()
        assert (conclusion.verdict, conclusion.gain) == (Verdict.DISCARD, 10.0 - value)
        assert reason in conclusion.reason
        assert len(walk.trials) == 1
        assert walk.memory.tests == 0


def test_deterministic_win_is_run_twice_and_asks_the_holdout_once() -> None:
    """A win without noise is repeated with a fresh seed, then one holdout pair agrees, and the next head needs one trial."""
    walk = Walk(program(holdout=True), exact(9.0, hidden=9.5)).baseline()
    conclusion = walk.experiment()
    assert (conclusion.verdict, conclusion.gain, conclusion.low, conclusion.high) == (Verdict.KEEP, 1.0, 1.0, 1.0)
    assert conclusion.holdout_gain == 0.5
    assert [trial.key.stage.value for trial in walk.trials] == ["screen", "screen", "holdout", "holdout"]
    assert walk.trials[1].key.index == ANCHORS
    wanted = baseline_step(walk.program, walk.memory, 1)
    assert wanted == RunTrials(trials=(TrialKey(experiment=1, stage=Stage.BASELINE, arm=Arm.BASELINE, index=0),))


@pytest.mark.parametrize("hidden", [10.0, 10.5])
def test_deterministic_win_that_the_holdout_does_not_see(hidden: float) -> None:
    """Equal or worse on the holdout is a discard that says so, without the number."""
    conclusion = Walk(program(holdout=True), exact(9.0, hidden=hidden)).baseline().experiment()
    assert conclusion.verdict is Verdict.DISCARD
    assert conclusion.reason == "better in public, but not confirmed by the sealed holdout"


def test_deterministic_gain_below_min_effect() -> None:
    """A gain has to exceed the user's min_effect."""
    assert Walk(program(min_effect=1.0), exact(9.0)).baseline().experiment().verdict is Verdict.DISCARD
    assert Walk(program(min_effect=0.99), exact(9.0)).baseline().experiment().verdict is Verdict.KEEP


def test_candidate_that_brings_noise_into_a_deterministic_target() -> None:
    """A win that does not repeat exactly is luck until pairs prove it: it must pass a test."""
    draw = random.Random(3)

    def value(key: TrialKey) -> float:
        if key.arm is Arm.BASELINE:
            return 10.0
        return 9.0 if key.stage is Stage.SCREEN and key.index == 0 else 10.0 + draw.gauss(0.0, 1.0)

    walk = Walk(program(), value).baseline()
    assert walk.experiment().verdict is Verdict.DISCARD
    assert walk.memory.tests == 1


def test_kept_change_that_brings_noise_makes_the_target_noisy() -> None:
    """A proven gain with noise of its own is kept, and what comes after it is judged as in any noisy target."""
    draw = random.Random(3)
    value = lambda key: 10.0 if key.arm is Arm.BASELINE else 5.0 + draw.gauss(0.0, 1.0)  # noqa: E731
    walk = Walk(program(), value).baseline()
    assert walk.experiment().verdict is Verdict.KEEP
    walk.values = noisy(0.0)
    assert len(walk.baseline().memory.baseline) == 8
    assert noise_report(walk.program, walk.memory).kind is Noise.GAUSSIAN


@pytest.mark.parametrize("jitter", [0.0, 1e-6])
@pytest.mark.parametrize("steps", [0, 4])
@pytest.mark.parametrize(("lucky", "verdict"), [(2.0, Verdict.DISCARD), (9.0, Verdict.KEEP)])
def test_a_fixed_lucky_seed_is_no_gain(lucky: float, verdict: Verdict, steps: int, jitter: float) -> None:
    """One value whatever the seed, except for the last digits, is refused if the head could have drawn it, else kept.

    This holds too if a standard deviation of the metric has only a few steps and the head's values repeat.
    """
    values = noisy(0.0)

    def value(key: TrialKey) -> float:
        if key.arm is Arm.CANDIDATE:
            return 100.0 - lucky + jitter * (key.index % 7)
        return round(values(key) * steps) / steps if steps else values(key)

    walk = Walk(program(), value).baseline()
    conclusion = walk.experiment()
    assert conclusion.verdict is verdict
    assert ("a fixed lucky seed" in conclusion.reason) == (verdict is Verdict.DISCARD)


def test_large_gain_is_kept_with_its_numbers() -> None:
    """A gain of four sigma is kept in a dozen pairs, with an interval around the truth and E at or above 1/level."""
    walk = Walk(program(), noisy(4.0)).baseline()
    conclusion = walk.experiment()
    assert conclusion.verdict is Verdict.KEEP
    assert conclusion.pairs <= 14
    assert conclusion.low is not None and conclusion.high is not None and conclusion.gain is not None
    assert conclusion.low < 4.0 < conclusion.high
    assert conclusion.low < conclusion.gain < conclusion.high
    assert conclusion.log_e is not None and conclusion.level is not None
    assert conclusion.log_e >= -math.log(conclusion.level)
    assert (walk.memory.tests, walk.memory.keeps, walk.memory.baseline) == (1, 1, ())


def test_both_arms_of_a_pair_are_asked_together() -> None:
    """Confirmation asks for baseline and candidate of one index, never for screening indices again."""
    walk = Walk(program(), noisy(4.0)).baseline()
    walk.experiment()
    confirms = [key for key in walk.asked if key.stage is Stage.CONFIRM]
    assert sorted({key.index for key in confirms}) == list(range(len(confirms) // 2))
    assert sum(key.arm is Arm.BASELINE for key in confirms) == len(confirms) // 2


def test_harmful_change_is_cheap() -> None:
    """A change that harms by two sigma costs one or two screening trials."""
    for seed in range(20):
        walk = Walk(program(), noisy(-2.0, seed=seed)).baseline()
        assert walk.experiment().verdict is Verdict.DISCARD
        assert len(walk.trials) <= 2


def test_crash_in_public() -> None:
    """A candidate's failed trial ends the experiment as a crash with the trial's own reason."""
    for stage in (Stage.SCREEN, Stage.CONFIRM):
        values = failing(noisy(4.0), stage, Arm.CANDIDATE, 1, "boom")
        conclusion = Walk(program(holdout=True), values).baseline().experiment()
        assert (conclusion.verdict, conclusion.reason) == (Verdict.CRASH, "boom")


@pytest.mark.parametrize("noise", ["gaussian", "none"])
@pytest.mark.parametrize("failed", [1, 5])
def test_a_failure_on_the_holdout_is_reported_as_no_gain_there(noise: str, failed: int) -> None:
    """Verdict, words, public numbers and trials are those of a candidate that is worse there."""
    worse, better = (noisy(4.0, hidden=-50.0), noisy(4.0)) if noise == "gaussian" else (exact(9.0, hidden=11.0), exact(9.0))
    refused = Walk(program(holdout=True), worse).baseline()
    failing_there = Walk(program(holdout=True), failing(better, Stage.HOLDOUT, Arm.CANDIDATE, failed, "boom")).baseline()
    conclusion, expected = failing_there.experiment(), refused.experiment()
    assert expected.verdict is Verdict.DISCARD and expected.holdout_gain is not None
    assert conclusion == replace(expected, holdout_gain=None)
    assert [trial.key for trial in failing_there.trials] == [trial.key for trial in refused.trials]


@pytest.mark.parametrize("stage", [Stage.CONFIRM, Stage.HOLDOUT])
def test_head_that_fails_in_a_pair(stage: Stage) -> None:
    """Other pairs replace two void ones; at the third the candidate is given up."""
    for voids, verdict in ((2, Verdict.KEEP), (3, Verdict.DISCARD)):
        values = failing(noisy(4.0), stage, Arm.BASELINE, voids, "boom")
        conclusion = Walk(program(holdout=True), values).baseline().experiment()
        assert conclusion.verdict is verdict
        assert ("head itself failed" in conclusion.reason) is (verdict is Verdict.DISCARD)


def test_small_gain_ends_early() -> None:
    """What cannot be proven within the cap does not use up the cap."""
    values = noisy(0.3)
    biased = lambda key: 95.0 if key.stage is Stage.SCREEN else values(key)  # noqa: E731
    conclusion = Walk(program(), biased).baseline().experiment()
    assert conclusion.verdict is Verdict.DISCARD
    assert conclusion.pairs < 60
    assert conclusion.reason.startswith("confirmation")


def test_keep_must_reach_min_effect() -> None:
    """A proven gain below the user's min_effect is not kept."""
    assert Walk(program(min_effect=6.0), noisy(4.0)).baseline().experiment().verdict is Verdict.DISCARD
    assert Walk(program(min_effect=2.0), noisy(4.0)).baseline().experiment().verdict is Verdict.KEEP


def test_holdout_stops_an_overfitted_winner() -> None:
    """Nine of ten proven winners without a hidden gain are discarded, nine of ten with one are kept."""

    def kept(hidden: float | None) -> int:
        walks = [
            Walk(program(holdout=hidden is not None), noisy(2.0, hidden=hidden, seed=seed)).baseline() for seed in range(60)
        ]
        return sum(walk.experiment().verdict is Verdict.KEEP for walk in walks)

    in_public = kept(None)
    assert in_public >= 50
    assert kept(0.0) <= 0.1 * in_public
    assert kept(2.0) >= 0.9 * in_public


def test_holdout_is_asked_only_for_a_proven_winner() -> None:
    """No holdout trial runs before the public evidence is complete, and then they run in whole batches."""
    walk = Walk(program(holdout=True), noisy(4.0)).baseline()
    conclusion = walk.experiment()
    asked = stages(walk.asked)
    assert "holdout" not in asked[: asked.index("confirm") + conclusion.pairs]
    assert asked.count("holdout") % 5 == 0
    assert walk.memory.holdouts == 1


def test_guard_that_is_clearly_broken() -> None:
    """A change that wins by breaking a guard is discarded, with the guard named."""
    guard = Guard(metric="memory", op="<=", bound=100.0)
    values = noisy(4.0)

    def hungry(key: TrialKey) -> Trial:
        memory = 120.0 if key.arm is Arm.CANDIDATE else 90.0
        return Trial(key=key, seed=0, tree="", value=values(key), metrics={"memory": memory})

    walk = Walk(program(guards=(guard,)), hungry).baseline()
    conclusion = walk.experiment()
    assert conclusion.verdict is Verdict.DISCARD
    assert "memory <= 100" in conclusion.reason
    assert len(walk.trials) == 2


def test_guard_at_its_bound_needs_proof() -> None:
    """A guard that hovers at its bound holds back a proven winner; one with room does not."""
    values = noisy(4.0)
    for room, verdict in ((0.0, Verdict.DISCARD), (50.0, Verdict.KEEP)):
        draw = random.Random(8)

        def judged(key: TrialKey, room: float = room, draw: random.Random = draw) -> Trial:
            return Trial(key=key, seed=0, tree="", value=values(key), metrics={"accuracy": room + draw.gauss(0.0, 1.0)})

        guard = Guard(metric="accuracy", op=">=", bound=0.0)
        assert Walk(program(guards=(guard,)), judged).baseline().experiment().verdict is verdict


def test_trial_of_an_old_head_does_not_count() -> None:
    """After a keep the old head's late trials are not a baseline for the new one; its own are."""
    walk = Walk(program(), noisy(4.0)).baseline()
    old_tree = walk.memory.head_tree
    walk.experiment()
    late = TrialKey(experiment=0, stage=Stage.BASELINE, arm=Arm.BASELINE, index=8)
    memory = after_trial(walk.memory, Trial(key=late, seed=0, tree=old_tree, value=7.0))
    pair = TrialKey(experiment=2, stage=Stage.CONFIRM, arm=Arm.BASELINE, index=0)
    memory = after_trial(memory, Trial(key=pair, seed=0, tree=old_tree, value=7.0))
    assert memory.baseline == ()
    walk.memory = memory
    assert len(walk.baseline().memory.baseline) == 8


def test_new_head_without_spread_in_a_noisy_target() -> None:
    """When the fresh trials of a head happen to be equal, the noise seen before still counts."""
    walk = Walk(program(), noisy(4.0)).baseline()
    walk.experiment()
    walk.values = exact(9.999)
    walk.baseline()
    assert walk.experiment(2).verdict is Verdict.DISCARD


def test_memory_is_small_and_survives_json() -> None:
    """After hundreds of experiments the memory is a few kilobytes, and JSON brings it back the same."""
    walk = Walk(program(), noisy(0.0))
    for number in range(1, 201):
        walk.baseline().experiment(number)
    adapter = TypeAdapter(GateMemory)
    dumped = adapter.dump_json(walk.memory)
    assert len(dumped) < 4000
    assert adapter.validate_json(dumped) == walk.memory
    assert walk.memory.head_trials >= 8


def test_campaigns_of_nothing_real_keep_nothing() -> None:
    """Of 150 campaigns in which no proposal has any effect, far fewer than the nominal tenth keep one."""
    with_keeps = 0
    for campaign in range(150):
        walk = Walk(program(), noisy(0.0, seed=campaign))
        kept = [walk.baseline().experiment(number).verdict is Verdict.KEEP for number in range(1, 31)]
        with_keeps += any(kept)
    assert with_keeps <= 15


def test_pairs_without_any_difference_never_keep() -> None:
    """If candidate and head agree in every pair, however noisy the seeds, nothing is kept."""
    draw = noisy(0.0)
    same = lambda key: draw(replace(key, arm=Arm.BASELINE)) - (9.0 if key.stage is Stage.SCREEN else 0.0)  # noqa: E731
    conclusion = Walk(program(), same).baseline().experiment()
    assert (conclusion.verdict, conclusion.log_e, conclusion.gain) == (Verdict.DISCARD, 0.0, 0.0)


def test_whole_numbers_with_many_ties() -> None:
    """A metric of few distinct values is judged by the pairs that differ, and a clear gain in it is found."""
    draw = noisy(3.0, sd=1.5)
    whole = lambda key: float(round(draw(key) / 3.0))  # noqa: E731
    assert Walk(program(), whole).baseline().experiment().verdict is Verdict.KEEP


@given(seed=st.integers(0, 10**6), gain=st.sampled_from([0.0, 1.5, 3.0]), power=st.integers(-30, 30))
@FEW
def test_decisions_ignore_unit_and_direction(seed: int, gain: float, power: int) -> None:
    """Measured in another unit, or mirrored and maximised, an experiment has the same trials and the same verdict."""
    fair = noisy(gain, seed=seed, hidden=gain)
    factor = 2.0**power
    plain, scaled, mirrored = (
        Walk(program(holdout=True), fair).baseline(),
        Walk(program(holdout=True), lambda key: factor * fair(key)).baseline(),
        Walk(program(holdout=True, direction=Direction.MAXIMIZE), lambda key: -fair(key)).baseline(),
    )
    first = plain.experiment()
    other, mirror = scaled.experiment(), mirrored.experiment()
    assert plain.asked == scaled.asked == mirrored.asked
    assert mirror == first
    assert (other.verdict, other.log_e, other.level) == (first.verdict, first.log_e, first.level)
    assert first.gain is None or other.gain == pytest.approx(factor * first.gain)


@given(seed=st.integers(0, 10**6), gain=st.sampled_from([0.0, 1.0, 3.0]), order=st.randoms(use_true_random=False))
@FEW
def test_order_and_interruptions_do_not_matter(seed: int, gain: float, order: random.Random) -> None:
    """With trials finished in any order, some lost before they were recorded, the verdict is the same."""
    values = noisy(gain, seed=seed)
    walk = Walk(program(holdout=True), values).baseline()

    def verdict(recorded: float) -> Conclusion:
        """The verdict, while the gate's memory of the time before stays as it is."""
        trials: list[Trial] = []
        level = None
        while not isinstance(step := next_step(walk.program, walk.memory, 1, trials, level), Conclude):
            if isinstance(step, RunTrials):
                finished = [Trial(key=key, seed=0, tree=key.arm.value, value=values(key)) for key in step.trials]
                trials += [trial for trial in finished if order.random() < recorded]
                if recorded < 1.0:
                    order.shuffle(trials)
            else:
                level = step.level
        return step.conclusion

    assert verdict(0.5) == verdict(1.0)


def test_a_gap_that_a_kill_left_runs_no_finished_trial_again() -> None:
    """Trials run two at a time, so only the later one may be on record; what follows skips the gap or fills it."""
    walk = Walk(program(), noisy(0.0))
    walk.run(TrialKey(experiment=0, stage=Stage.BASELINE, arm=Arm.BASELINE, index=1))
    wanted = baseline_step(walk.program, walk.memory, 0)
    assert wanted is not None and 1 not in {key.index for key in wanted.trials}

    sealed = Walk(program(holdout=True), noisy(4.0)).baseline()
    sealed.experiment()
    trials = [trial for trial in sealed.trials if trial.key.stage is not Stage.HOLDOUT or trial.key.index in {0, 3}]
    step = next_step(sealed.program, sealed.memory, 1, trials, 0.01)
    assert isinstance(step, RunTrials)
    assert {key.index for key in step.trials} == {1, 2, 4}


TINY = st.floats(-1e-100, 1e-100)
EXTREME = st.one_of(st.floats(allow_nan=False, allow_infinity=False), st.integers(-2, 2).map(float), TINY)


@given(
    values=st.lists(EXTREME, min_size=1, max_size=40),
    faults=st.sampled_from([0.0, 0.02, 0.3]),
    noise=st.sampled_from(list(Noise)),
    name=st.sampled_from(["loss", "latency_ms"]),
    lead=st.sampled_from([0.0, 1.0, 1e9]),
    order=st.randoms(use_true_random=False),
)
@settings(max_examples=scaled(80), deadline=None)
@example(values=[0.0, 0.0, 0.0, 8.8e-115], faults=0.0, noise=Noise.AUTO, name="loss", lead=0.0, order=random.Random(0))
def test_every_walk_ends(  # noqa: PLR0917  # hypothesis names them
    values: list[float], faults: float, noise: Noise, name: str, lead: float, order: random.Random
) -> None:
    """Each experiment ends within its cap, whatever finite numbers a target prints and however it fails."""

    def value(key: TrialKey) -> float | Trial:
        if order.random() < faults:
            return crash()
        return order.choice(values) - (lead if key.arm is Arm.CANDIDATE else 0.0)

    walk = Walk(program(noise=noise, name=name, holdout=True), value)
    for number in range(1, 5):
        before = len(walk.asked)
        conclusion = walk.baseline().experiment(number)
        assert len(walk.asked) - before <= 13 + 5 + 2 * 63 + 2 * 68
        assert conclusion.reason
        assert all(math.isfinite(n) for n in (conclusion.gain, conclusion.low, conclusion.high) if n is not None)


def test_timing_is_judged_by_ratios() -> None:
    """A run time that varies in proportion is kept if it falls by a fifth, and the gain is reported in seconds."""

    def value(key: TrialKey) -> float:
        slow = random.Random(str(key)).lognormvariate(0.0, 0.05)
        return 10.0 * slow * (0.8 if key.arm is Arm.CANDIDATE else 1.0)

    conclusion = Walk(program(name="latency_s"), value).baseline().experiment()
    assert conclusion.verdict is Verdict.KEEP
    assert conclusion.gain == pytest.approx(2.0, abs=0.3)
