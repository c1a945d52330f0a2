"""Bowls of different depth around an optimum, with a ridge between learning rate and initial width, and Gaussian noise."""

import math
import random

from tuning.objective import Objective, Value, Values, bowl, log2, short, written

_BEST: dict[str, float] = {
    "LEARNING_RATE": 0.01,
    "INIT_STD": 0.05,
    "BETA1": 0.9,
    "BETA2": 0.99,
    "WEIGHT_DECAY": 0.05,
    "DROPOUT": 0.2,
    "WIDTH": 32,
}
_RIDGE = 0.4  # octaves of the learning rate for one of the initial width


class Bowls(Objective):
    """Eight constants that all matter."""

    name = "bowls"
    noise = 0.1
    rho = 0.0
    live = (*_BEST, "QK_NORM")

    def draw(self, rng: random.Random) -> None:
        """Start each constant a third of an octave to three octaves from its best value."""
        away = {name: rng.choice((-1, 1)) * rng.uniform(0.7, 3.0) for name in _BEST}
        start: dict[str, Value] = {
            name: short(_BEST[name] * 2.0 ** away[name]) for name in ("LEARNING_RATE", "INIT_STD", "WEIGHT_DECAY")
        }
        for name in ("BETA1", "BETA2"):
            start[name] = float(f"{1.0 - short(min((1.0 - _BEST[name]) * 2.0 ** away[name], 0.5)):.6g}")
        dropout = short(min(max(0.2 + 0.2 * away["DROPOUT"], 0.0), 0.6))
        start["DROPOUT"] = dropout if dropout > 0.02 else 0.0
        start["WIDTH"] = 2 ** min(max(round(5 + away["WIDTH"]), 3), 8)
        start = {name: start[name] for name in _BEST}
        self.start = written(start | {"QK_NORM": rng.random() < 0.5})
        self.best = written(_BEST | {"WIDTH": 32, "QK_NORM": True})
        share = {name: math.exp(rng.gauss(0, 0.8)) for name in _BEST}
        self.weight = {name: share[name] / max(bowl(off), 0.1) for name, off in _offsets(start).items()}
        whole = self.value(start | {"QK_NORM": True})
        self.weight = {name: weight / whole for name, weight in self.weight.items()}

    def value(self, values: Values) -> float:
        """About 1 at the start, 0 at the optimum."""
        bowls = sum(self.weight[name] * bowl(off) for name, off in _offsets(values).items())
        return bowls + (0.0 if values["QK_NORM"] else 0.2 * self.weight["LEARNING_RATE"])


def _offsets(values: Values) -> dict[str, float]:
    off = {name: log2(values[name]) - log2(_BEST[name]) for name in _BEST}
    off |= {name: log2(1.0 - float(values[name])) - log2(1.0 - _BEST[name]) for name in ("BETA1", "BETA2")}
    off["DROPOUT"] = 5.0 * (float(values["DROPOUT"]) - _BEST["DROPOUT"])
    off["LEARNING_RATE"] += _RIDGE * off["INIT_STD"]
    return off
