"""Optuna's TPE without a gate: the same search space and trials, and at the end it hands over the best point it observed."""

import json
import os
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from enum import StrEnum
from hashlib import sha256
from importlib.metadata import version
from pathlib import Path
from tempfile import TemporaryDirectory, gettempdir
from typing import TYPE_CHECKING

from overnight.program.program import Direction
from overnight.research.researchers.tuner.moves import Move
from overnight.research.researchers.tuner.space import AxisScale, Dimension
from overnight.research.researchers.tuner.target import Target, read_target
from tuning.objective import PATH, Objective, Value

if TYPE_CHECKING:
    import optuna

TRIALS = 300
_FORM = 1  # of the cache; one more if the same inputs come to another trace
FOLDER = Path(os.environ.get("TUNER_CACHE", Path(gettempdir(), f"overnight-optuna-{os.getuid()}")))


class Sampler(StrEnum):
    """How it is set up."""

    DEFAULT = "TPE"
    MULTIVARIATE = "TPE multivariate"


@dataclass(frozen=True, slots=True, kw_only=True)
class Trace:
    """What it would hand over after each trial."""

    regrets: Sequence[float]
    errors: Sequence[float]  # observed less true value, positive if it claims too much, as shares of the gap

    def regret(self, trials: int) -> float:
        """After so many trials; the start's before the first."""
        return self.regrets[min(trials, len(self.regrets)) - 1] if trials > 0 else 1.0


def optuna_alone(objective: Objective, sampler: Sampler, trials: int = TRIALS) -> Trace:
    """Its trace over so many trials, from the cache if it was made before."""
    target = _target(objective)
    file = FOLDER / f"{objective.name}-{objective.seed}-{_digest(objective, target, sampler, trials)}.json"
    if file.exists():
        return Trace(**json.loads(file.read_text()))
    trace = _run(type(objective)(objective.seed), target, sampler, trials)
    FOLDER.mkdir(parents=True, exist_ok=True)
    part = file.with_suffix(f".{os.getpid()}")
    part.write_text(json.dumps(asdict(trace)))
    part.rename(file)
    return trace


def _digest(objective: Objective, target: Target, sampler: Sampler, trials: int) -> str:
    """Of all that decides a trace: Optuna, the start and its ranges, the noise, and the objective at a few points."""
    moves = [{d.key: d.at(d.low + share * (d.high - d.low))} for d in target.space for share in (0.0, 0.3, 0.7, 1.0)]
    values = [objective.at(source) for source in (objective.best, *(_edited(target, values) for values in moves))]
    how = (_FORM, version("optuna"), sampler.value, trials, objective.noise, objective.rho)
    return sha256(f"{how} {objective.start} {moves} {values}".encode()).hexdigest()[:20]


def _run(objective: Objective, target: Target, sampler: Sampler, trials: int) -> Trace:
    import optuna

    optuna.logging.set_verbosity(optuna.logging.ERROR)
    study = optuna.create_study(
        direction="maximize" if objective.metric.direction is Direction.MAXIMIZE else "minimize",
        sampler=optuna.samplers.TPESampler(seed=objective.seed, multivariate=sampler is Sampler.MULTIVARIATE),
    )
    distributions = {d.key: _distribution(d) for d in target.space}
    study.enqueue_trial({d.key: _to_param(d, d.position(d.constant.value)) for d in target.space})
    best, observed = objective.start, None
    regrets, errors = [], []
    for number in range(1, trials + 1):
        trial = study.ask(distributions)
        source = _edited(target, {d.key: d.at(_from_param(d, trial.params[d.key])) for d in target.space})
        value = objective.trial(source, number)
        if value is None:
            study.tell(trial, state=optuna.trial.TrialState.FAIL)
        else:
            study.tell(trial, value)
            if observed is None or objective.metric.gain(observed, value) > 0.0:
                best, observed = source, value
        truth = objective.at(best)
        regrets.append(objective.regret(best))
        errors.append(objective.metric.gain(truth, truth if observed is None else observed) / objective.gap)
    return Trace(regrets=regrets, errors=errors)


def _target(objective: Objective) -> Target:
    with TemporaryDirectory() as folder:
        Path(folder, PATH).write_text(objective.start)
        return read_target(Path(folder), objective.program, {})


def _edited(target: Target, values: Mapping[str, Value]) -> str:
    return target.edit(Move(values=values, reason=""))[PATH].decode()


def _distribution(dimension: Dimension) -> "optuna.distributions.BaseDistribution":
    from optuna.distributions import CategoricalDistribution, FloatDistribution

    if dimension.scale is AxisScale.OPTIONS:
        return CategoricalDistribution(range(len(dimension.options)))
    return FloatDistribution(0, 1)


def _to_param(dimension: Dimension, position: float) -> float:
    if dimension.scale is AxisScale.OPTIONS:
        return round(position)
    return (position - dimension.low) / (dimension.high - dimension.low)


def _from_param(dimension: Dimension, param: float) -> float:
    return param if dimension.scale is AxisScale.OPTIONS else dimension.low + param * (dimension.high - dimension.low)
