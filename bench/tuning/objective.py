"""A noisy objective with a known optimum: a source file whose constants decide the value of a simulated trial."""

import ast
import math
import random
import re
from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping

from overnight.program.program import Direction, Metric, Program

Value = bool | int | float | str
Values = Mapping[str, Value]
PATH = "train.py"
_LINE = re.compile(r"^([A-Z][A-Z0-9_]*) = (.+)$", re.MULTILINE)


class Objective(ABC):
    """One instance of a family, drawn by its seed. To add a family, subclass it and list it in `families.py`."""

    name: str
    metric = Metric(name="loss", direction=Direction.MINIMIZE)
    noise: float  # sd of one trial at the start, as a share of the gap between start and optimum
    rho: float  # correlation of the noise of two points at one seed
    fixed_by_seed = True  # one seed and the same live values give the same value again, as without a GPU
    live: tuple[str, ...]  # names of the constants that matter

    start: str  # source of the file at the start
    best: str  # and at the optimum
    optimum: float  # the noiseless value there

    def __init__(self, seed: int) -> None:
        self.seed = seed
        self.random = random.Random(f"{self.name} {seed}")
        self.draw(self.random)
        self.optimum = self.at(self.best)
        self.gap = abs(self.at(self.start) - self.optimum)
        self._fresh = random.Random(f"{self.name} {seed} machine")

    @abstractmethod
    def draw(self, rng: random.Random) -> None:
        """Choose optimum and start; sets `start` and `best`."""

    @abstractmethod
    def value(self, values: Values) -> float:
        """The noiseless value of these constants; infinite or NaN if they crash."""

    def noisy(self, value: float, error: float) -> float:
        """The value with an error, in units of the noise's sd."""
        return value + self.noise * self.gap * error

    def error(self, rng: random.Random) -> float:
        """One draw of the noise, with sd 1."""
        return rng.gauss()

    @property
    def program(self) -> Program:
        """The program of a campaign on it."""
        return Program(path="program.md", metric=self.metric, editable=(PATH,), measure=f"python {PATH} --seed {{seed}}")

    def at(self, source: str) -> float:
        """The noiseless value of a source; the worst there is, if it crashes."""
        try:
            found = self.value(values_of(source))
        except (KeyError, ValueError, OverflowError, ZeroDivisionError):
            found = math.nan
        return found if math.isfinite(found) else self.metric.gain(math.inf, 0.0)

    def trial(self, source: str, seed: int) -> float | None:
        """The value of one trial; None if it crashed."""
        value = self.at(source)
        if not math.isfinite(value):
            return None
        shared = self.error(random.Random(f"{self.name} {self.seed} {seed}"))
        values = values_of(source)
        point = " ".join(f"{key}={values[key]!r}" for key in self.live)
        own = self.error(random.Random(f"{self.name} {self.seed} {seed} {point}") if self.fixed_by_seed else self._fresh)
        return self.noisy(value, math.sqrt(self.rho) * shared + math.sqrt(1.0 - self.rho) * own)

    def regret(self, source: str) -> float:
        """How far a source is from the optimum, as a share of the gap: 1 at the start."""
        return abs(self.at(source) - self.optimum) / self.gap


def values_of(source: str) -> dict[str, Value]:
    """The constants at the top level of a source."""
    return {name: ast.literal_eval(text) for name, text in _LINE.findall(source)}


def written(values: Values, code: str = "") -> str:
    """A source with these constants, and with code that uses them."""
    return "".join(f"{name} = {_text(value)}\n" for name, value in values.items()) + code


def _text(value: Value) -> str:
    return f'"{value}"' if isinstance(value, str) else repr(value)


def short(number: float) -> float:
    """A number as people write it."""
    return float(f"{number:.2g}")


def drawn_until(make: Callable[[], bool]) -> None:
    """Draw again until a draw qualifies."""
    while not make():
        pass


def bowl(off: float) -> float:
    """Quadratic near the optimum, linear far from it."""
    return off * off / (1.0 + abs(off))


def log2(value: Value) -> float:
    """The base-2 logarithm of a number; for zero, far below any optimum."""
    return math.log2(max(float(value), 1e-9))
