"""Objectives that are kept back: nobody chooses the tuner's constants on them. Run them last, with `--held-out`."""

import math
import random

from overnight.program.program import Direction, Metric
from tuning.objective import Objective, Value, Values, bowl, drawn_until, log2, short, written

_CODE = """

def score(item):
    if KERNEL == "cosine":
        return cosine(item)
    if KERNEL == "dot":
        return dot(item)
    if KERNEL == "rbf":
        return rbf(item)
    if KERNEL == "poly":
        return poly(item)
"""
_RANK, _DEPTH = 128, 20


class Retrieval(Objective):
    """A bounded score with a curved valley, two basins, and a constant that matters only behind a switch."""

    name = "retrieval"
    metric = Metric(name="recall", direction=Direction.MAXIMIZE)
    noise = 0.1
    rho = 0.3
    live = ("TEMPERATURE", "BOOST_WEIGHT", "RANK_SIZE", "BLEND_RATIO", "KERNEL", "RERANK", "RERANK_DEPTH", "MARGIN")

    def draw(self, rng: random.Random) -> None:
        """Choose kernel, basins and scales, and a start in the lower half."""
        kernels = ["cosine", "dot", "poly", "rbf"]
        rng.shuffle(kernels)
        self.kernel = dict(zip(kernels, (0.0, 0.25, 0.6, 0.9), strict=True))
        self.heat, self.boost, self.margin = rng.uniform(-3.0, 0.0), rng.uniform(-1.0, 2.0), rng.uniform(-4.0, -2.0)
        self.blend, self.other = (0.25, 0.75) if rng.random() < 0.5 else (0.8, 0.3)
        dead: dict[str, Value] = {"CACHE_SIZE": 300, "HASH_BUCKETS": 64, "SHARD_FACTOR": 1.3}
        best: dict[str, Value] = {
            "KERNEL": kernels[0],
            "TEMPERATURE": 2.0**self.heat,
            "BOOST_WEIGHT": 2.0**self.boost,
            "RANK_SIZE": _RANK,
            "BLEND_RATIO": self.blend,
            "RERANK": True,
            "RERANK_DEPTH": _DEPTH,
            "MARGIN": 2.0**self.margin,
        }
        start = dict(best)

        def make() -> bool:
            start["KERNEL"] = rng.choice(kernels)
            start["TEMPERATURE"] = short(2.0 ** (self.heat + rng.uniform(-2.0, 2.0)))
            start["BOOST_WEIGHT"] = short(2.0 ** (self.boost + rng.uniform(-2.5, 2.5)))
            start["RANK_SIZE"] = rng.choice((32, 64, 256, 512))
            start["BLEND_RATIO"] = rng.choice((0.1, 0.35, 0.5, 0.65, 0.95))
            start["RERANK"], start["RERANK_DEPTH"] = rng.random() < 0.5, rng.choice((9, 12, 35, 50))
            start["MARGIN"] = short(2.0 ** (self.margin + rng.uniform(-1.8, 1.8)))
            return 0.1 < self.value(start) < 0.55

        drawn_until(make)
        self.start, self.best = written(start | dead, _CODE), written(best | dead, _CODE)

    def value(self, values: Values) -> float:
        """A share, 0.9 at the optimum."""
        heat, boost = log2(values["TEMPERATURE"]) - self.heat, log2(values["BOOST_WEIGHT"]) - self.boost
        blend = float(values["BLEND_RATIO"])
        worse = 0.7 * bowl(boost - 0.5 * heat * heat) + 0.3 * bowl(heat)
        worse += 0.3 * bowl(log2(values["RANK_SIZE"]) - log2(_RANK)) + self.kernel[str(values["KERNEL"])]
        worse += min(6.0 * (blend - self.blend) ** 2, 0.3 + 6.0 * (blend - self.other) ** 2)
        depth = bowl(log2(values["RERANK_DEPTH"]) - log2(_DEPTH))
        worse += 0.4 * depth if values["RERANK"] else 0.5
        worse += 0.4 * math.log1p((log2(values["MARGIN"]) - self.margin) ** 2)
        return 0.9 / (0.9 + 0.1 * math.exp(worse))

    def noisy(self, value: float, error: float) -> float:
        """As a share of a fixed number of items: least near 0 and 1."""
        start = self.at(self.start)
        return value + self.noise * self.gap * error * math.sqrt(value * (1.0 - value) / start / (1.0 - start))


class Controller(Objective):
    """A cost with much skewed noise, a cliff beside the optimum, and nine dead constants of fourteen."""

    name = "controller"
    metric = Metric(name="cost", direction=Direction.MINIMIZE)
    noise = 0.2
    rho = 0.6
    live = ("KP_GAIN", "KD_GAIN", "HORIZON", "FILTER_BETA", "FEED_FORWARD")

    def draw(self, rng: random.Random) -> None:
        """Choose gains and filter, and a start that is stable."""
        self.kp, self.kd, self.beta = rng.uniform(-1.0, 3.0), rng.uniform(-4.0, -1.0), rng.uniform(-4.5, -2.5)
        self.horizon = rng.choice((9, 11, 13, 18))
        self.weight = [math.exp(rng.gauss(0.0, 0.3)) for _ in range(4)]
        dead: dict[str, Value] = {
            "KI_GAIN": 0.02,
            "DEAD_BAND": 0.3,
            "SLEW_RATE": 5.0,
            "ANTI_WINDUP": True,
            "GRAVITY_SCALE": 1.2,
            "FRICTION_COEF": 0.4,
            "BLEND_EMA": 0.95,
            "RING_LENGTH": 24,
            "LOOK_BEHIND": 3,
        }
        best: dict[str, Value] = {
            "KP_GAIN": 2.0**self.kp,
            "KD_GAIN": 2.0**self.kd,
            "HORIZON": self.horizon,
            "FILTER_BETA": 1.0 - 2.0**self.beta,
            "FEED_FORWARD": True,
        }
        start = dict(best)

        def make() -> bool:
            start["KP_GAIN"] = short(2.0 ** (self.kp + rng.uniform(-3.5, 0.5)))
            start["KD_GAIN"] = short(2.0 ** (self.kd + rng.uniform(-2.5, 2.5)))
            start["HORIZON"] = rng.choice((7, 10, 15, 22))
            start["FILTER_BETA"] = float(f"{1.0 - short(2.0 ** (self.beta + rng.uniform(-2.0, 2.0))):.6g}")
            start["FEED_FORWARD"] = rng.random() < 0.5
            return math.isfinite(self.value(start)) and 1.2 < self.value(start) - 10.0 < 4.0

        drawn_until(make)
        self.start, self.best = written(start | dead), written(best | dead)

    def value(self, values: Values) -> float:
        """The cost, 10 at the optimum; unstable at high gains without damping."""
        kp, kd = log2(values["KP_GAIN"]) - self.kp, log2(values["KD_GAIN"]) - self.kd
        if kp - 0.5 * kd > 1.0:
            return math.nan
        terms = (
            bowl(kp),
            0.6 * bowl(kd - 0.5 * kp),
            0.5 * bowl(log2(values["HORIZON"]) - log2(self.horizon)),
            0.5 * bowl(log2(1.0 - float(values["FILTER_BETA"])) - self.beta),
        )
        cost = 10.0 + sum(weight * term for weight, term in zip(self.weight, terms, strict=True))
        return cost + (0.0 if values["FEED_FORWARD"] else 0.8)

    def error(self, rng: random.Random) -> float:
        """A skewed draw with sd 1: now and then a run is far worse."""
        spread = 0.5
        mean = math.exp(spread * spread / 2.0)
        return (math.exp(spread * rng.gauss()) - mean) / (mean * math.sqrt(math.expm1(spread * spread)))


HELD_OUT: tuple[type[Objective], ...] = (Retrieval, Controller)
