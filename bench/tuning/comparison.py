"""Campaigns and Optuna alone on the same instances of an objective."""

from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass

from tuning.campaign import run_campaign
from tuning.families import family
from tuning.optuna_alone import Sampler, Trace, optuna_alone
from tuning.outcome import Outcome


@dataclass(frozen=True, slots=True, kw_only=True)
class Instance:
    """An objective drawn by a seed, and the budgets to try on it."""

    objective: str
    seed: int
    budgets: tuple[int, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Compared:
    """What came of it: ours by budget, and Optuna's by sampler."""

    instance: Instance
    ours: Mapping[int, Outcome]
    optuna: Mapping[Sampler, Trace]


def compare(instance: Instance) -> Compared:
    """Run both sides on one instance."""
    make, seed = family(instance.objective), instance.seed
    return Compared(
        instance=instance,
        ours={trials: run_campaign(make(seed), trials, f"{instance.objective} {seed}") for trials in instance.budgets},
        optuna={sampler: optuna_alone(make(seed), sampler, max(instance.budgets)) for sampler in Sampler},
    )


def compare_all(
    objectives: Sequence[str], seeds: Sequence[int], budgets: tuple[int, ...], jobs: int
) -> Iterator[list[Compared]]:
    """The results of each objective, as soon as all its seeds are done."""
    with ProcessPoolExecutor(jobs) as pool:
        running = [
            [pool.submit(compare, Instance(objective=name, seed=seed, budgets=budgets)) for seed in seeds]
            for name in objectives
        ]
        for futures in running:
            yield [future.result() for future in futures]
