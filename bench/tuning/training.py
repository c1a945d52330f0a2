"""A training loss: a ridge of learning rate, batch and depth, divergence, an option that moves other optima, heavy tails."""

import math
import random

from tuning.objective import Objective, Value, Values, bowl, drawn_until, log2, short, written

_CODE = """

def step(model, gradient):
    if OPTIMIZER == "adamw":
        return adamw(model, gradient)
    if OPTIMIZER == "sgd":
        return sgd(model, gradient)
    if OPTIMIZER == "lion":
        return lion(model, gradient)
"""
_RATE = {"adamw": 0.0, "sgd": 1.5, "lion": -1.5}  # octaves of the best learning rate
_DECAY = {"adamw": 0.0, "sgd": -1.5, "lion": 1.5}  # and of the best weight decay
_BATCH, _DEPTH, _WARMUP = 64, 8, 0.1
_REACH = 3.8  # octaves that the range of a learning rate spans on each side


class Training(Objective):
    """Twelve constants of which seven matter."""

    name = "training"
    noise = 0.08
    rho = 0.5
    fixed_by_seed = False
    live = ("LEARNING_RATE", "BATCH_SIZE", "DEPTH", "WEIGHT_DECAY", "WARMUP_FRACTION", "INIT_STD", "OPTIMIZER")

    def draw(self, rng: random.Random) -> None:
        """Choose the best optimizer, the weights of the valleys, and a start from which the optimum is in range."""
        options = sorted(_RATE)
        rng.shuffle(options)
        self.option_loss = dict(zip(options, (0.0, 0.12, 0.3), strict=True))
        self.rate = rng.uniform(-9.5, -7.5)  # log2 of the best one at the best batch and depth
        self.decay, self.std = rng.uniform(-5.5, -3.5), rng.uniform(-6.5, -4.5)
        self.weight = {name: math.exp(rng.gauss(0, 0.4)) for name in self.live}
        best: dict[str, Value] = {
            "LEARNING_RATE": 2.0 ** (self.rate + _RATE[options[0]]),
            "BATCH_SIZE": _BATCH,
            "DEPTH": _DEPTH,
            "OPTIMIZER": options[0],
            "WEIGHT_DECAY": 2.0 ** (self.decay + _DECAY[options[0]]),
            "WARMUP_FRACTION": _WARMUP,
            "INIT_STD": 2.0**self.std,
            "BETA1": 0.9,
            "ADAM_EPS": 1e-8,
            "LABEL_SMOOTHING": 0.1,
            "EMA_DECAY": 0.99,
            "USE_BIAS": True,
        }
        start = dict(best)

        def make() -> bool:
            start["BATCH_SIZE"], start["DEPTH"] = rng.choice((16, 32, 128, 256)), rng.choice((3, 4, 6, 12, 16))
            start["OPTIMIZER"] = rng.choice(options)
            start["WARMUP_FRACTION"] = rng.choice((0.0, 0.02, 0.3, 0.5))
            start["INIT_STD"] = short(2.0 ** (self.std + rng.choice((-1, 1)) * rng.uniform(0.7, 3.0)))
            start["WEIGHT_DECAY"] = short(2.0 ** (self.decay + rng.choice((-1, 1)) * rng.uniform(0.7, 3.0)))
            start["LEARNING_RATE"] = short(2.0 ** (self.best_rate(start) + rng.uniform(-3.0, 1.2)))
            in_range = abs(log2(start["LEARNING_RATE"]) - log2(best["LEARNING_RATE"])) < _REACH
            return in_range and math.isfinite(self.value(start)) and 0.6 < self.value(start) - 2.5 < 2.5

        drawn_until(make)
        self.start, self.best = written(start, _CODE), written(best, _CODE)

    def best_rate(self, values: Values) -> float:
        """log2 of the best learning rate at the batch size, the depth and the optimizer of these values."""
        batch, depth = log2(values["BATCH_SIZE"]) - log2(_BATCH), log2(values["DEPTH"]) - log2(_DEPTH)
        return self.rate + 0.5 * batch - 0.7 * depth + _RATE[str(values["OPTIMIZER"])]

    def value(self, values: Values) -> float:
        """The loss, 2.5 at the optimum; a far too high learning rate gives a huge one, and a higher one none."""
        weight, option = self.weight, str(values["OPTIMIZER"])
        off = log2(values["LEARNING_RATE"]) - self.best_rate(values)
        warmup = float(values["WARMUP_FRACTION"])
        edge = 2.0 + 4.0 * min(warmup, 0.25)  # octaves above the best rate at which training diverges
        if off > edge + 1.0:
            return math.nan
        loss = 2.5 + self.option_loss[option]
        loss += 0.3 * weight["LEARNING_RATE"] * (bowl(off) + (0.5 * off * off if off > 0 else 0.0))
        loss += 0.15 * weight["BATCH_SIZE"] * bowl(log2(values["BATCH_SIZE"]) - log2(_BATCH))
        loss += 0.2 * weight["DEPTH"] * bowl(log2(values["DEPTH"]) - log2(_DEPTH))
        loss += 0.12 * weight["WEIGHT_DECAY"] * _valley(log2(values["WEIGHT_DECAY"]) - self.decay - _DECAY[option])
        loss += 0.15 * weight["INIT_STD"] * _valley(log2(values["INIT_STD"]) - self.std)
        loss += 0.6 * weight["WARMUP_FRACTION"] * math.pow(abs(warmup - _WARMUP), 1.5)
        return loss + (40.0 * (off - edge) + 10.0 if off > edge else 0.0)

    def error(self, rng: random.Random) -> float:
        """Student's t with four degrees of freedom, with sd 1."""
        chi = sum(rng.gauss() ** 2 for _ in range(4)) / 4.0
        return rng.gauss() / math.sqrt(2.0 * chi)


def _valley(off: float) -> float:
    """Sharp at the bottom, flat far away."""
    return math.log1p(off * off)
