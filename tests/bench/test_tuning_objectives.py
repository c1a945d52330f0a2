"""The objectives that the tuner is compared on: their optima are where they say, and within what the tuner may search."""

import math
import random
import statistics
from pathlib import Path

import pytest
from tuning.bowls import Bowls
from tuning.families import FAMILIES, KEPT_BACK, family
from tuning.objective import PATH, Objective, values_of, written
from tuning.pricing import Pricing
from tuning.training import Training

from overnight.research.researchers.tuner.moves import Move
from overnight.research.researchers.tuner.space import AxisScale
from overnight.research.researchers.tuner.target import Target, read_target

SEEDS = range(12)
ALL = FAMILIES | KEPT_BACK
every_family = pytest.mark.parametrize("family", ALL.values(), ids=ALL)


def target_of(objective: Objective, source: str, folder: Path) -> Target:
    """A source as the tuner reads it."""
    (folder / PATH).write_text(source)
    return read_target(folder, objective.program, {})


def changing_at(objective: Objective, source: str, folder: Path) -> set[str]:
    """The names of the constants whose changes change the value of a source."""
    target, changing = target_of(objective, source, folder), set[str]()
    for dimension in target.space:
        steps = [dimension.moved(by) for by in (dimension.step, -dimension.step)]
        options = [option for option in dimension.options if option != dimension.constant.value]
        for value in options or [step for step in steps if step is not None]:
            edited = target.edit(Move(values={dimension.key: value}, reason=""))
            if objective.at(edited[PATH].decode()) != objective.at(source):
                changing.add(dimension.constant.name)
    return changing


@every_family
@pytest.mark.parametrize("seed", SEEDS)
def test_optimum_is_the_best_there_is(family: type[Objective], seed: int, tmp_path: Path) -> None:
    """No change of one constant, and no random point, beats the optimum."""
    objective, rng = family(seed), random.Random(seed)
    target = target_of(objective, objective.best, tmp_path)
    assert objective.at(objective.best) == objective.optimum
    assert objective.regret(objective.start) == 1.0
    for _ in range(300):
        chosen = rng.sample(target.space, rng.choice((1, 2, len(target.space))))
        edited = target.edit(Move(values={d.key: d.at(rng.uniform(d.low, d.high)) for d in chosen}, reason=""))
        assert objective.metric.gain(objective.optimum, objective.at(edited[PATH].decode())) <= 1e-9 * objective.gap


@every_family
@pytest.mark.parametrize("seed", SEEDS)
def test_tuner_finds_all_constants_and_may_reach_the_optimum(family: type[Objective], seed: int, tmp_path: Path) -> None:
    """Every constant of the start has a range, which includes its best value; the rest is dead."""
    objective = family(seed)
    target = target_of(objective, objective.start, tmp_path)
    start, best = values_of(objective.start), values_of(objective.best)
    assert {d.constant.name for d in target.space} == start.keys() == best.keys()
    assert {name for name in start if start[name] != best[name]} <= set(objective.live)
    for dimension in (d for d in target.space if d.constant.name in objective.live):
        value = best[dimension.constant.name]
        if dimension.scale is AxisScale.OPTIONS:
            assert value in dimension.options
        else:
            reached = dimension.at(dimension.position(value))
            assert float(reached) == pytest.approx(float(value), rel=0.06, abs=0.01)


@every_family
def test_dead_constants_change_nothing(family: type[Objective], tmp_path: Path) -> None:
    """The value depends on the live constants alone, and on each of them at the start or at the optimum."""
    objective = family(3)
    changing = {name for source in (objective.start, objective.best) for name in changing_at(objective, source, tmp_path)}
    assert changing == set(objective.live)


@every_family
def test_noise_has_the_size_and_the_correlation_that_it_says(family: type[Objective]) -> None:
    """Trials scatter around the noiseless value; two points at the same seeds are as correlated as declared."""
    objective = family(0)
    trials = [(objective.trial(objective.start, seed), objective.trial(objective.best, seed)) for seed in range(6_000)]
    head = [value - objective.at(objective.start) for value, _ in trials if value is not None]
    best = [value - objective.optimum for _, value in trials if value is not None]
    assert statistics.fmean(head) == pytest.approx(0.0, abs=0.06 * objective.noise * objective.gap)
    assert statistics.stdev(head) == pytest.approx(objective.noise * objective.gap, rel=0.12)
    assert statistics.correlation(head, best) == pytest.approx(objective.rho, abs=0.08)
    assert all(math.isfinite(value) for value in head + best)


def test_training_diverges_at_a_far_too_high_learning_rate() -> None:
    """Beyond a limit the loss is huge, and beyond another the trial has no value."""
    objective = Training(1)
    best = values_of(objective.best)
    losses = [objective.trial(written(best | {"LEARNING_RATE": float(best["LEARNING_RATE"]) * 2.0**up}), 1) for up in (0, 3, 4)]
    assert losses[0] is not None
    assert losses[1] is not None
    assert losses[1] > losses[0] + 10
    assert losses[2] is None


def test_seed_fixes_the_noise_where_the_objective_says_so() -> None:
    """The same point has the same value at the same seed, or another where the machine adds its own noise."""
    for objective, same in ((Bowls(2), True), (Pricing(2), True), (Training(2), False)):
        assert (objective.trial(objective.start, 7) == objective.trial(objective.start, 7)) is same
        assert objective.trial(objective.start, 7) != objective.trial(objective.start, 8)


def test_a_source_without_one_of_its_constants_crashes() -> None:
    """As a program would."""
    objective = Pricing(0)
    assert objective.trial(objective.start.replace("AD_SPEND", "AD_MONEY"), 1) is None
    assert objective.at("") == -math.inf


def test_objective_of_another_module_is_found_by_its_class() -> None:
    """So that a comparison can be made on one that is not listed here."""
    assert family("tuning.bowls:Bowls") is Bowls
    assert family("pricing") is Pricing
    with pytest.raises(KeyError):
        family("unknown")
