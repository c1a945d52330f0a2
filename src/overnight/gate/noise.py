"""How the trials of a target vary: which kind of noise, how much, on which scale, and which gains it lets us find."""

import math
from collections.abc import Mapping
from dataclasses import dataclass

from overnight.gate.error_budget import level_of
from overnight.gate.memory import LOCAL, GateMemory
from overnight.gate.scale import Scale
from overnight.gate.stats import BETS, LARGEST, clip, mean
from overnight.program.program import Metric, Noise, Program, names_time

IDENTICAL = 3  # identical baseline trials that make a target deterministic
DEFAULT_MIN_EFFECT = 0.2  # sd of one trial; smaller gains cost more pairs than they are worth
PRIOR_FREEDOM = 8  # earlier tests count as at most so many pairs: how well seeds pair depends on the change
PRIOR_LUCK = 0.5  # before the first tests, if the command takes the seed
LUCK_FREEDOM = 4  # its weight, in pairs
MOST_LUCK = 0.95  # seeds may affect later changes less
_HEAVY_TRIALS = 20  # fewer residuals cannot tell heavy tails from chance
_MIXTURE_COST = 1.2  # nats that a mixture of bets costs against the best one; fitted in bench/gate
_POWER = 0.84  # normal quantile of the 80 % chance in `detectable_effect`


@dataclass(frozen=True, slots=True, kw_only=True)
class NoiseModel:
    """What the gate computes with; numbers on the working scale."""

    kind: Noise
    scale: Scale
    sigma: float  # sd of one trial around its tree's mean
    level: float | None  # of the head, for screening; None: it has no value yet
    trials: int  # behind `level`
    min_effect: float
    strict: bool  # the user set min_effect, so a keep must reach it
    prior_variance: float  # of a paired difference, before the test
    prior_freedom: float  # its weight, in pairs
    anchors: Mapping[int, float]  # the head's value with each seed that screening reuses
    luck: float  # share of a seed's effect on the head that it also has on a candidate, 0 to 1

    def deviations(self, metric: Metric, before: float, after: float) -> float | None:
        """How many sd of one trial a gain from one value to another is; None if there is no noise, or none is known."""
        if self.kind is Noise.DETERMINISTIC or self.sigma <= 0.0:
            return None
        return clip(self.scale.gain(metric, before, after) / self.sigma, LARGEST)


@dataclass(frozen=True, slots=True, kw_only=True)
class NoiseReport:
    """The noise of a target for people; numbers in the metric's units."""

    kind: Noise
    known: bool  # enough trials to say so
    sigma: float
    paired_sigma: float  # sd of the difference of two arms with one seed
    correlation: float  # of those two arms; 0: common seeds do not help
    trials: int  # of all heads so far
    drifting: bool
    smallest_effect: float | None  # smallest gain found 4 times out of 5 within max_pairs; None: max_pairs is too few for any
    paired: bool = False  # every trial of a candidate runs beside one of the head: trials are expensive

    @property
    def deterministic(self) -> bool:
        """Whether all trials of one tree have the same value."""
        return self.kind is Noise.DETERMINISTIC


def noise_model(program: Program, memory: GateMemory) -> NoiseModel:
    """The noise as far as it is known now."""
    kind = noise_kind(program, memory)
    scale = Scale.LOG if kind is Noise.TIMING and memory.positive else Scale.LINEAR
    spreads = memory.spreads(scale)
    recent = memory.baseline[-LOCAL:] if memory.drifting else memory.baseline
    level = mean([scale.place(value) for value in recent]) if recent else None
    sigma = math.sqrt(spreads.variance)
    pooled = spreads.paired.freedom
    if program.gate.expensive:
        sigma = math.sqrt((_paired_parts(program.metric) or spreads.paired.variance) / 2.0)
    wanted = _min_effect(program.metric, scale, level)
    return NoiseModel(
        kind=kind,
        scale=scale,
        sigma=sigma,
        level=level,
        trials=len(recent),
        min_effect=DEFAULT_MIN_EFFECT * sigma if wanted is None else wanted,
        strict=wanted is not None,
        prior_variance=(spreads.paired.squares + 2 * 2 * sigma**2) / (pooled + 2),
        prior_freedom=min(pooled + 2, PRIOR_FREEDOM) if sigma > 0.0 or not program.gate.expensive else 0,
        anchors={seed: scale.place(value) for seed, value in memory.anchors},
        luck=_luck(program, memory, kind, scale),
    )


def _paired_parts(metric: Metric) -> float:
    """The variance of a pair of equal trees: of the mean of differences with a variance of 1 each; 0: it has no parts."""
    return 1.0 / len(metric.parts) if metric.parts else 0.0


def noise_kind(program: Program, memory: GateMemory) -> Noise:
    """What the program sets, else what the trials show; if they are expensive, that no few of them show anything."""
    if program.gate.noise is not Noise.AUTO:
        return program.gate.noise
    if program.gate.expensive:
        return Noise.HEAVY
    if not memory.varied and memory.trials >= IDENTICAL:
        return Noise.DETERMINISTIC
    if memory.positive and names_time(program.metric.name):
        return Noise.TIMING
    within = memory.linear.within
    heavy = within.freedom >= _HEAVY_TRIALS and within.kurtosis > 3.0 + 3.0 * math.sqrt(24.0 / within.freedom)
    return Noise.HEAVY if heavy else Noise.GAUSSIAN


def noise_report(program: Program, memory: GateMemory) -> NoiseReport:
    """What `check`, `status` and the live view say about the noise."""
    model = noise_model(program, memory)
    unit = math.exp(model.level) if model.scale is Scale.LOG and model.level is not None else 1.0
    paired = unit * math.sqrt(model.prior_variance)
    level = level_of(program.gate.error_rate, test=memory.tests + 1, keeps=memory.keeps, expensive=program.gate.expensive)
    exact, known = model.kind is Noise.DETERMINISTIC, _is_known(program, memory)
    least = detectable_effect(paired_sigma=paired, level=level, max_pairs=program.gate.max_pairs)
    return NoiseReport(
        kind=model.kind,
        known=known,
        sigma=unit * model.sigma,
        paired_sigma=paired,
        correlation=max(0.0, 1.0 - model.prior_variance / (2.0 * model.sigma**2)) if model.sigma > 0.0 else 0.0,
        trials=memory.trials,
        drifting=memory.drifting and not program.gate.expensive,
        paired=program.gate.expensive,
        smallest_effect=0.0 if exact else None if program.gate.expensive and not known else least,
    )


def _is_known(program: Program, memory: GateMemory) -> bool:
    """Whether there are enough trials to say how noisy the target is, or the program says it."""
    if program.gate.expensive:
        return bool(program.metric.parts) or memory.linear.paired.freedom + 1 >= IDENTICAL
    return memory.trials >= IDENTICAL


def detectable_effect(*, paired_sigma: float, level: float, max_pairs: int) -> float | None:
    """The smallest gain that a test at `level` finds 4 times out of 5 within `max_pairs`; None if it can find none at all.

    It follows from the growth of ln E per pair: gain^2 / (2 s^2) for small gains, at most ln 2 for large ones.
    """
    if max_pairs < fewest_pairs(level):
        return None
    return paired_sigma * (math.sqrt(2.0 * (math.log(1.0 / level) + _MIXTURE_COST)) + _POWER) / math.sqrt(max_pairs)


def pairs_for(gain: float, *, paired_sigma: float, level: float) -> int:
    """The pairs within which a test at `level` finds such a gain 4 times out of 5: `detectable_effect` solved for them."""
    wanted = paired_sigma * (math.sqrt(2.0 * (math.log(1.0 / level) + _MIXTURE_COST)) + _POWER)
    return max(fewest_pairs(level), math.ceil((wanted / gain) ** 2))


def fewest_pairs(level: float) -> int:
    """The fewest pairs that a keep at this level needs, if it wins all of them."""
    return math.ceil((math.log(1.0 / level) + math.log(len(BETS))) / math.log(2.0))


def _luck(program: Program, memory: GateMemory, kind: Noise, scale: Scale) -> float:
    """The slope of a candidate's trials on the head's with the same seeds, from all tests so far."""
    if memory.drifting:
        return 0.0  # the head's trials are too old to compare with
    spreads = memory.spreads(scale)
    hoped = PRIOR_LUCK if program.seeded and kind is not Noise.TIMING else 0.0
    weight = LUCK_FREEDOM * 2.0 * spreads.variance
    total = spreads.luck.squares + weight
    return min(max((spreads.luck.products + weight * hoped) / total, 0.0), MOST_LUCK) if total > 0.0 else 0.0


def _min_effect(metric: Metric, scale: Scale, level: float | None) -> float | None:
    """The user's smallest gain of interest on the working scale."""
    if metric.min_effect is None:
        return None
    return metric.min_effect / math.exp(level) if scale is Scale.LOG and level is not None else metric.min_effect
