"""A gate for trials of hours: every comparison in pairs, a budget for few tests, a metric that is a mean of parts."""

import math
import random
from collections.abc import Callable, Mapping
from dataclasses import replace
from itertools import product

import pytest
from gate_walk import Walk
from hypothesis import given
from hypothesis import strategies as st

from overnight.gate.caution import basis, of_no_seed
from overnight.gate.error_budget import budget_share, level_of
from overnight.gate.gate import FAILURES, baseline_step, head_is_known, next_step
from overnight.gate.memory import GateMemory, after_session
from overnight.gate.noise import noise_model, noise_report
from overnight.gate.pairs import MOST_SPREADS, gain_of_parts
from overnight.gate.seeds import ANCHORS
from overnight.gate.stats import log_label_swap
from overnight.gate.trial import Arm, Fault, Stage, Trial, TrialKey
from overnight.gate.verdict import Verdict
from overnight.program.program import CAMPAIGNS, Direction, GateSettings, Metric, Noise, Program

PARTS = (("small", 0.5), ("medium", 2.0), ("large", 10.0))
Progress = Callable[[TrialKey, str], float]


def expensive(*, parts: tuple[tuple[str, float], ...] = PARTS, sealed: tuple[tuple[str, float], ...] = ()) -> Program:
    return Program(
        path="program.md",
        metric=Metric(name="gain", direction=Direction.MAXIMIZE, parts=parts, sealed_parts=sealed),
        editable=("x",),
        measure="m",
        holdout="h" if sealed else None,
        gate=GateSettings(expensive=True, max_pairs=30, holdout_pairs=4),
    )


def trials(program: Program, progress: Progress) -> Callable[[TrialKey], float | Trial]:
    """Trials whose parts are `progress`, in spreads."""

    def made(key: TrialKey) -> float | Trial:
        spreads = program.metric.spreads(sealed=key.stage is Stage.HOLDOUT)
        if not spreads:
            return progress(key, "")
        parts = {name: progress(key, name) * spread for name, spread in spreads.items()}
        value = math.fsum(parts[name] / spread for name, spread in spreads.items()) / len(spreads)
        return Trial(key=key, seed=0, tree="", value=value, metrics=parts)

    return made


def noisy(gain: float, seed: int, *, nothing: float = 0.0) -> Progress:
    """Skewed progress of which a share is exactly 0; the candidate's has `gain` more where it is not."""

    def progress(key: TrialKey, name: str) -> float:
        draw = random.Random(f"{seed} {key} {name}")
        if draw.random() < nothing:
            return 0.0
        return 0.7 * draw.expovariate(1.0) + (gain if key.arm is Arm.CANDIDATE else 0.0)

    return progress


def walk(program: Program, progress: Progress) -> Walk:
    return Walk(program, trials(program, progress))


def test_the_head_is_never_measured_alone() -> None:
    """No trial of the stage `baseline` is asked for, and candidates can be judged from the first moment."""
    program = expensive()
    assert baseline_step(program, GateMemory(), 0) is None and head_is_known(program, GateMemory())
    done = walk(program, noisy(2.0, 1))
    done.experiment()
    assert Stage.BASELINE not in {key.stage for key in done.asked}
    places = {(key.stage, key.index) for key in done.asked}
    assert all(TrialKey(experiment=1, stage=s, arm=arm, index=i) in done.asked for s, i in places for arm in Arm)


def test_screening_has_fresh_seeds_that_both_arms_share() -> None:
    """Its indices begin where the seeds of no baseline are reused."""
    done = walk(expensive(), noisy(2.0, 1))
    done.experiment()
    assert min(key.index for key in done.asked if key.stage is Stage.SCREEN) == ANCHORS


def test_a_large_gain_is_proven_in_few_pairs_and_nothing_else_is() -> None:
    """Two sd in each part: kept with at most eight pairs; no gain: discarded."""
    kept = walk(expensive(), noisy(2.0, 3)).experiment()
    assert kept.verdict is Verdict.KEEP and kept.pairs <= 8 and kept.level == level_of(0.1, test=1, keeps=0, expensive=True)
    assert walk(expensive(), noisy(-0.5, 3)).experiment().verdict is Verdict.DISCARD


def test_ties_count_neither_way() -> None:
    """Organisations that both gain nothing in a pair: no evidence, no division by zero, and a verdict."""
    ended = walk(expensive(), lambda _key, _name: 0.0).experiment()
    assert ended.verdict is Verdict.DISCARD and not ended.pairs
    seen = walk(expensive(), noisy(2.0, 3)).experiment()
    tied = walk(expensive(), lambda key, name: 0.0 if key.index == 1 else noisy(2.0, 3)(key, name)).experiment()
    assert tied.verdict is Verdict.KEEP and tied.pairs >= seen.pairs


@pytest.mark.parametrize("parts", [PARTS, PARTS[:1], ()], ids=["three", "one", "none"])
def test_trials_that_agree_do_not_make_it_deterministic(parts: tuple[tuple[str, float], ...]) -> None:
    """Three heads of 0 in a row say nothing: the noise stays `heavy`, with and without parts."""
    program = expensive(parts=parts)
    done = walk(program, lambda _key, _name: 0.0)
    done.memory = replace(done.memory, head_tree="head 0")
    for number in range(1, 4):
        done.experiment(number)
    assert noise_model(program, done.memory).kind is Noise.HEAVY


def test_without_parts_the_spread_is_learnt_from_pairs() -> None:
    """It is unknown before the first test, and known after it; a large gain is kept even so."""
    program = expensive(parts=())
    done = walk(program, noisy(3.0, 5))
    assert not noise_report(program, done.memory).known
    assert done.experiment().verdict is Verdict.KEEP
    report = noise_report(program, done.memory)
    assert report.known and 0.5 < report.paired_sigma < 2.0


def test_the_spread_of_parts_is_known_from_the_start() -> None:
    """The mean of three differences with an sd of 1 has an sd of 1 / sqrt(3)."""
    report = noise_report(expensive(), GateMemory())
    assert report.known and report.paired_sigma == pytest.approx(1.0 / math.sqrt(3.0))


def test_levels_of_few_tests_sum_to_the_error_rate() -> None:
    """gamma_t = 1/(t (t + 1)): the first test asks for E = 20 at a rate of .1, and all together spend no more than the rate."""
    assert level_of(0.1, test=1, keeps=0, expensive=True) == pytest.approx(1 / 20)
    assert level_of(0.1, test=2, keeps=1, expensive=True) == pytest.approx(1 / 30)
    assert sum(budget_share(test, expensive=True) for test in range(1, 10_000)) < 1.0


def test_a_head_that_fails_beside_candidates_is_counted_until_a_session_starts() -> None:
    """Pairs without a head say nothing about a candidate; four in a row are enough to stop."""
    broken = Trial(key=TrialKey(experiment=0, stage=Stage.SCREEN, arm=Arm.BASELINE, index=0), seed=0, tree="", value=None)
    broken = replace(broken, fault=Fault.EXIT, reason="no")
    program = expensive()
    good = trials(program, noisy(2.0, 1))
    done = Walk(program, lambda key: broken if key.arm is Arm.BASELINE else good(key))
    verdicts = [done.experiment(number) for number in (1, 2)]
    assert {one.verdict for one in verdicts} == {Verdict.DISCARD} and "the head itself failed" in verdicts[0].reason
    assert done.memory.failures >= FAILURES
    assert after_session(done.memory, expensive=True).failures == 0
    assert after_session(done.memory, expensive=False).failures == done.memory.failures


def test_a_candidate_that_fails_in_screening_is_a_crash() -> None:
    """Its own fault, whatever the head did beside it."""
    program = expensive()
    good = trials(program, noisy(2.0, 1))
    failed = Trial(key=TrialKey(experiment=0, stage=Stage.SCREEN, arm=Arm.CANDIDATE, index=0), seed=0, tree="", value=None)
    failed = replace(failed, fault=Fault.METRIC, reason="no line METRIC small")
    ended = Walk(program, lambda key: failed if key.arm is Arm.CANDIDATE else good(key)).experiment()
    assert ended.verdict is Verdict.CRASH and "small" in ended.reason


def test_an_organisation_that_only_fits_the_public_parts_is_refused() -> None:
    """A gain on three public parts that is a loss on the sealed one is no keep; one that holds there is."""
    program = expensive(sealed=(("secret", 3.0),))
    fits = noisy(2.0, 3)
    assert walk(program, fits).experiment().verdict is Verdict.KEEP

    def overfit(key: TrialKey, name: str) -> float:
        return noisy(-1.0, 3)(key, name) if name == "secret" else fits(key, name)

    ended = walk(program, overfit).experiment()
    assert ended.verdict is Verdict.DISCARD and "holdout" in ended.reason


@given(
    st.lists(st.tuples(st.floats(-1e9, 1e9), st.floats(-1e9, 1e9)), min_size=3, max_size=3),
    st.sampled_from(list(Direction)),
)
def test_the_gain_of_a_pair_is_odd_and_bounded(values: list[tuple[float, float]], direction: Direction) -> None:
    """Swapped arms give the other sign to the last digit, equal ones exactly 0: what the label swap is proven for."""
    metric = Metric(name="gain", direction=direction, parts=PARTS)
    before, after = ({name: one[side] for (name, _), one in zip(PARTS, values, strict=True)} for side in (0, 1))
    gain = gain_of_parts(metric, before, after)
    assert gain == -gain_of_parts(metric, after, before) and abs(gain) <= MOST_SPREADS
    assert gain_of_parts(metric, before, before) == 0.0


@given(
    st.lists(
        st.lists(st.tuples(*(st.sampled_from((0.0, 0.0, 0.3, 1.7, 40.0)),) * 2), min_size=3, max_size=3), min_size=1, max_size=6
    )
)
def test_the_evidence_of_swapped_arms_is_one_on_average(pairs: list[list[tuple[float, float]]]) -> None:
    """Over all ways to swap the arms of pairs, with ties, cuts and other spreads: a fair game, whatever progress is like."""
    metric = Metric(name="gain", direction=Direction.MAXIMIZE, parts=PARTS)
    sides = [[{name: one[side] for (name, _), one in zip(PARTS, pair, strict=True)} for side in (0, 1)] for pair in pairs]
    gains = [gain_of_parts(metric, before, after) for before, after in sides]
    swaps = list(product((1.0, -1.0), repeat=len(gains)))
    evidence = [math.exp(log_label_swap([sign * gain for sign, gain in zip(swap, gains, strict=True)])) for swap in swaps]
    assert math.fsum(evidence) / len(evidence) == pytest.approx(1.0)


def false_keeps(program: Program, progress: Callable[[int], Progress], campaigns: int, tests: int) -> float:
    """The share of campaigns over candidates that do not differ in which any is kept."""
    kept = 0
    for seed in range(campaigns):
        done = walk(program, progress(seed))
        kept += any(done.experiment(number).verdict is Verdict.KEEP for number in range(1, tests + 1))
    return kept / campaigns


NULLS: Mapping[str, tuple[Program, float]] = {
    "one part": (expensive(parts=PARTS[:1]), 0.0),
    "three parts": (expensive(), 0.0),
    "41 % gain nothing": (expensive(parts=PARTS[:1]), 0.41),
    "three, 41 % gain nothing": (expensive(), 0.41),
}


@pytest.mark.parametrize("name", NULLS)
def test_equal_organisations_are_seldom_kept(name: str) -> None:
    """Skewed progress with heavy ties at zero, other spreads, one part or three: false keeps stay below the stated tenth."""
    program, nothing = NULLS[name]
    assert false_keeps(program, lambda seed: noisy(0.0, seed, nothing=nothing), campaigns=60, tests=6) <= 0.1


def test_a_test_goes_on_from_its_trials_alone() -> None:
    """Asking again with the same trials gives the same step, in screening and in the test."""
    program = expensive()
    done = walk(program, noisy(2.0, 3))
    done.experiment()
    for upto in range(0, 8, 2):
        first = next_step(program, GateMemory(), 1, done.trials[:upto], None)
        assert first == next_step(program, GateMemory(), 1, list(reversed(done.trials[:upto])), None)


def test_inner_campaigns_are_seeded_and_audited_by_us() -> None:
    """No word of a command without `{seed}`, nor of a candidate that prints any number: our own audit measures them."""
    program = replace(expensive(), measure=CAMPAIGNS)
    assert program.seeded and not basis(program) and not of_no_seed(program)
    assert basis(expensive()) and of_no_seed(expensive())
