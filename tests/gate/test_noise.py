"""What the trials of a target show about its noise."""

import math
import random
from dataclasses import replace

import pytest
from gate_walk import Walk, program

from overnight.gate.memory import GateMemory
from overnight.gate.noise import detectable_effect, fewest_pairs, noise_model, noise_report
from overnight.gate.trial import Arm, Stage, TrialKey
from overnight.gate.verdict import Verdict
from overnight.program.program import GateSettings, Noise


def measured(values: list[float], *, name: str = "loss") -> Walk:
    """A head with these values, in this order."""
    walk = Walk(program(name=name), lambda key: values[key.index])
    for index in range(len(values)):
        walk.run(TrialKey(experiment=0, stage=Stage.BASELINE, arm=Arm.BASELINE, index=index))
    return walk


def test_noise_is_unknown_before_three_trials() -> None:
    """Nothing is claimed about a target that never ran."""
    report = noise_report(program(), GateMemory())
    assert (report.known, report.trials, report.sigma) == (False, 0, 0.0)


def test_identical_trials_are_deterministic() -> None:
    """Three equal values make a target deterministic, and then any gain can be found."""
    walk = measured([0.1] * 3)
    report = noise_report(walk.program, walk.memory)
    assert (report.kind, report.sigma, report.smallest_effect) == (Noise.DETERMINISTIC, 0.0, 0.0)


def test_gaussian_and_heavy_noise_are_distinguished() -> None:
    """Sixty Gaussian trials count as Gaussian, sixty with a few far outliers as heavy."""
    draw = random.Random(2)
    plain = [draw.gauss(10.0, 2.0) for _ in range(60)]
    spiky = [value + (40.0 if index % 20 == 7 else 0.0) for index, value in enumerate(plain)]
    reports = [noise_report(walk.program, walk.memory) for walk in (measured(plain), measured(spiky))]
    assert [report.kind for report in reports] == [Noise.GAUSSIAN, Noise.HEAVY]
    assert reports[0].sigma == pytest.approx(2.0, rel=0.25)
    assert not any(report.drifting for report in reports)


@pytest.mark.parametrize("name", ["latency_ms", "seconds", "p99", "wall_s", "throughput", "build_time"])
def test_timings_are_known_by_their_name(name: str) -> None:
    """A noisy positive metric that is named like a time or a rate is a timing; its sigma is reported in its own unit."""
    draw = random.Random(3)
    walk = measured([100.0 * draw.lognormvariate(0.0, 0.1) for _ in range(40)], name=name)
    report = noise_report(walk.program, walk.memory)
    assert report.kind is Noise.TIMING
    assert report.sigma == pytest.approx(10.0, rel=0.35)


@pytest.mark.parametrize("name", ["loss", "val_bpb", "accuracy", "pass_rate", "cross_entropy", "perplexity", "steps"])
def test_other_metrics_are_no_timings(name: str) -> None:
    """Names of losses and scores are not mistaken for times."""
    walk = measured([1.0, 2.0, 1.5, 1.7], name=name)
    assert noise_report(walk.program, walk.memory).kind is Noise.GAUSSIAN


def test_timing_that_can_be_zero_is_no_timing() -> None:
    """Ratios need values above zero."""
    walk = measured([0.0, 2.0, 1.5], name="latency_ms")
    assert noise_report(walk.program, walk.memory).kind is Noise.GAUSSIAN


def test_the_user_has_the_last_word() -> None:
    """`gate: {noise: ...}` overrides what the trials show."""
    walk = measured([1.0, 2.0, 1.5])
    heavy = replace(walk.program, gate=GateSettings(noise=Noise.HEAVY))
    assert noise_report(heavy, walk.memory).kind is Noise.HEAVY


def test_drift_is_seen_and_does_not_inflate_sigma() -> None:
    """A slow wave of four sigma is reported as drift, while sigma stays that of neighbouring trials."""
    draw = random.Random(4)
    walk = measured([4.0 * math.sin(index / 12.0) + draw.gauss(0.0, 1.0) for index in range(64)])
    report = noise_report(walk.program, walk.memory)
    assert report.drifting
    assert report.sigma < 2.0


def test_pairs_show_what_common_seeds_are_worth() -> None:
    """If both arms of a pair share most of their noise, the report says how much, and smaller gains can be found."""

    def value(key: TrialKey) -> float:
        shared = random.Random(f"{key.stage}{key.index}").gauss(0.0, 1.0)
        own = random.Random(str(key)).gauss(0.0, 0.2)
        return 10.0 + shared + own - (3.0 if key.arm is Arm.CANDIDATE else 0.0)

    walk = Walk(program(), value).baseline()
    before = noise_report(walk.program, walk.memory)
    walk.experiment()
    after = noise_report(walk.program, walk.baseline().memory)
    assert before.correlation == 0.0
    assert after.correlation > 0.5
    assert before.smallest_effect is not None and after.smallest_effect is not None
    assert after.smallest_effect < before.smallest_effect


def test_smallest_effect_falls_with_pairs() -> None:
    """More pairs find smaller gains; too few find none, however large."""
    small, large = (detectable_effect(paired_sigma=1.4, level=0.005, max_pairs=pairs) for pairs in (60, 20))
    assert small is not None and large is not None
    assert 0.5 < small < large
    assert fewest_pairs(0.005) == 10
    assert detectable_effect(paired_sigma=1.4, level=0.005, max_pairs=9) is None


def test_what_is_declared_a_timing_runs_alone() -> None:
    """A metric named like a time, or the program itself, says that time is measured; the program overrules the name."""
    assert program(name="latency_ms").measures_time
    assert not program(name="loss").measures_time
    assert program(name="loss", noise=Noise.TIMING).measures_time
    assert not program(name="latency_ms", noise=Noise.GAUSSIAN).measures_time


@pytest.mark.parametrize("sd", [0.1, 6.0])
def test_a_head_that_is_quieter_or_louder_has_a_sigma_of_its_own(sd: float) -> None:
    """Screening uses the noise of the head that candidates are compared with, once its trials show it."""
    draw = random.Random(4)
    changed = lambda key: draw.gauss(100.0 if key.arm is Arm.BASELINE else 50.0, 1.0)  # noqa: E731
    walk = Walk(program(), changed).baseline()
    assert 0.6 < noise_model(walk.program, walk.memory).sigma < 1.6
    assert walk.experiment(1).verdict is Verdict.KEEP
    walk.values = lambda _: draw.gauss(50.0, sd)
    assert sd / 2 < noise_model(walk.program, walk.baseline().memory).sigma < 2 * sd
