"""The search range of each constant, from its name and value: its scale, how far it moves, and in which steps.

Source: the ranges that found most on small training scripts with a fixed amount of compute: a learning rate 16 times up and
down; decays, scales and widths of initial weights 30 times; powers of two three octaves down and two up.
"""

import math
from collections.abc import Iterable
from dataclasses import dataclass
from enum import Enum, auto
from typing import TYPE_CHECKING

from overnight.research.researchers.tuner.findings import Constant, Value, is_number
from overnight.research.researchers.tuner.names import words

if TYPE_CHECKING:
    from overnight.research.researchers.tuner.arithmetic import Array

DIGITS = 2  # significant digits of a proposed value: more would claim a precision that no trial has
SMALLEST = 1e-4  # lower end of a logarithmic range that includes zero; it stands for 0
SMALL_INT = 64


class AxisScale(Enum):
    """The scale on which a constant moves evenly."""

    LINEAR = auto()
    LOG = auto()  # log2 of the value
    LOG_REST = auto()  # log2 of 1 - value: 0.9, 0.99 and 0.999 are neighbours
    OPTIONS = auto()  # the index among `options`


@dataclass(frozen=True, slots=True, kw_only=True)
class Dimension:
    """How one constant may vary; `low`, `high` and `step` are on its scale."""

    constant: Constant
    scale: AxisScale
    low: float
    high: float
    step: float  # bold enough to show an effect at once
    rank: int  # lower ranks are tried first
    whole: bool = False
    octaves: bool = False  # only powers of two
    zero: bool = False  # the lower end stands for 0
    neutral: Value | None = None  # the value that removes its effect
    options: tuple[Value, ...] = ()

    @property
    def key(self) -> str:
        """The constant's key."""
        return self.constant.key

    def position(self, value: Value) -> float:
        """Where a value is on the scale, within the range; the constant's own position for a value of another kind."""
        if self.scale is AxisScale.OPTIONS:
            return float(self.options.index(value if value in self.options else self.constant.value))
        if isinstance(value, str) or not is_number(value):
            value = self.constant.value
        return min(max(self._unbounded(float(value)), self.low), self.high)

    def _unbounded(self, number: float) -> float:
        if self.scale is AxisScale.LINEAR:
            return number
        rest = 1 - number if self.scale is AxisScale.LOG_REST else number
        return math.log2(rest) if rest > 0 else self.low

    def unit(self, value: Value) -> float:
        """Where a value is, 0 to 1 over the range and beyond outside of it; the index of an option."""
        if self.scale is AxisScale.OPTIONS:
            return self.position(value)
        if isinstance(value, str) or not is_number(value):
            value = self.constant.value
        return (self._unbounded(float(value)) - self.low) / (self.high - self.low)

    def of_unit(self, unit: float) -> Value:
        """The value there, as `at` writes it."""
        return self.at(unit if self.scale is AxisScale.OPTIONS else self.low + unit * (self.high - self.low))

    def whole_units(self, units: "Array") -> "Array":
        """The places of the whole numbers nearest to places on the scale, of a dimension of whole numbers."""
        import numpy as np

        positions = self.low + units * (self.high - self.low)
        if self.octaves or self.scale is AxisScale.LINEAR:
            positions = np.rint(positions)
        else:
            positions = np.log2(np.maximum(np.rint(2.0**positions), 1.0))
        return (positions - self.low) / (self.high - self.low)

    def at(self, position: float) -> Value:
        """The value at a position on the scale, moved into the range and rounded to what a person would write."""
        position = min(max(position, self.low), self.high)
        if self.scale is AxisScale.OPTIONS:
            return self.options[round(position)]
        if self.zero and position <= self.low:
            return 0.0
        if self.octaves:
            return int(2 ** round(position))
        if self.scale is AxisScale.LINEAR:
            return self._written(position)
        raw = rounded(2**position)
        return rounded(1 - raw, digits=12) if self.scale is AxisScale.LOG_REST else self._written(raw)

    def _written(self, number: float) -> Value:
        return round(number) if self.whole else rounded(number)

    def moved(self, by: float) -> Value | None:
        """The value `by` away from the constant's own on the scale; None if there is no other in that direction."""
        own = self.constant.value
        value = self.at(self.position(own) + by)
        if value == own and self.whole and not isinstance(own, str):
            value = self.at(self._unbounded(max(1.0, own + math.copysign(1, by))))
        return None if value == own else value


Space = tuple[Dimension, ...]


def rounded(number: float, digits: int = DIGITS) -> float:
    """`number` with `digits` significant digits."""
    return float(f"{number:.{digits}g}")


def build_space(constants: Iterable[Constant]) -> tuple[Dimension, ...]:
    """A dimension for each constant that has a range: those that are plainly settings first, each kind ordered by rank."""
    found = (_dimension(constant) for constant in constants)
    return tuple(sorted((d for d in found if d), key=lambda d: (d.constant.tier, d.rank)))


@dataclass(frozen=True, slots=True, kw_only=True)
class Role:
    """The role of constants with certain names, and so how they move."""

    words: frozenset[str]
    rank: int
    factor: float = 4.0  # the range spans the value divided and multiplied by it
    step: float = 2.0  # a step multiplies by it
    neutral: float | None = None
    top: float | None = None  # of a share: it moves evenly from 0 to here


def _role(names: str, rank: int, **rest: float) -> Role:
    return Role(words=frozenset(names.split()), rank=rank, **rest)


# The first role that fits a name is used.
_SHARES = (
    _role("dropout drop smoothing smooth", 3, top=0.6, neutral=0.0),
    _role("warmup warmdown cooldown", 4, top=0.6, neutral=0.0),
    _role("prob probability ratio frac fraction share final", 5, top=1.0),
)
_MEMORY = _role("beta betas b momentum ema gamma rho discount", 2, factor=10, step=3)
_SIZES = (
    _role("eps epsilon", 7, factor=30, step=10),
    _role("decay wd lambda coef coeff penalty noise jitter", 3, factor=30, step=3, neutral=0.0),
    _role("lr rate learning", 0, factor=16, step=2.5),
    _role("std stddev sigma init", 1, factor=30, step=2.5),
    _role("scale gain multiplier mult temperature temp", 3, factor=30, step=2, neutral=1.0),
    _role("weight", 3, factor=30, step=2),
    _role("clip norm", 4, factor=10, step=3),
)
_BATCH = _role("batch", 2)
_OTHER = _role("", 5)
_SWITCH_RANK, _OPTION_RANK = 3, 6
_SMALLEST_SHARE = 0.02  # a smaller value is not a share, whatever its name: `final_lr = 1e-5`


def _dimension(constant: Constant) -> Dimension | None:
    value = constant.value
    if isinstance(value, bool):
        return _options(constant, (False, True), _SWITCH_RANK)
    if isinstance(value, str):
        return _options(constant, constant.options, _OPTION_RANK)
    said = words(constant.name.rsplit(".", 1)[-1])
    role = _role_of(said, value)
    if isinstance(value, int) and (role in (_OTHER, _BATCH) or value > 1):
        return _integer(constant, value, role.rank)
    if value < 0 or role.top is not None:
        return _linear(constant, min(0, 2 * value), max(role.top or 0, value, 0), role)
    if role is _MEMORY:
        return _memory(constant, value)
    return _positive(constant, value, role) if value else _from_zero(constant, role)


def _role_of(said: frozenset[str], value: float) -> Role:
    """The role of a number, by the words of its name; a value that does not fit the name's role rules it out."""
    if value == 0 or _SMALLEST_SHARE <= value <= 1:
        for role in _SHARES:
            if role.words & said:
                return role
    role = next((role for role in (*_SIZES, _BATCH) if role.words & said), _OTHER)
    decays = 0.9 <= value < 1 and (role is _OTHER or "decay" in said)  # noqa: PLR2004  # 0.9, 0.99: what stays each time
    return _MEMORY if decays or (_MEMORY.words & said and 0 < value < 1) else role


def _options(constant: Constant, options: tuple[Value, ...], rank: int) -> Dimension:
    return Dimension(
        constant=constant, scale=AxisScale.OPTIONS, low=0, high=len(options) - 1, step=1, rank=rank, options=options
    )


def _integer(constant: Constant, value: int, rank: int) -> Dimension | None:
    if value <= 0:
        return None  # 0 and -1 mean "none" or "automatic" more often than an amount
    at = math.log2(value)
    octaves = value >= 4 and value & (value - 1) == 0  # noqa: PLR2004  # 1 and 2 are counts more often than sizes
    reach = math.log2(3) if value <= SMALL_INT else 2.0
    down, up = (3.0, 2.0) if octaves else (reach, reach)
    return Dimension(
        constant=constant,
        scale=AxisScale.LOG,
        low=max(0.0, at - down),
        high=max(at + up, math.log2(value + 2)),
        step=1,
        rank=rank,
        whole=True,
        octaves=octaves,
    )


def _linear(constant: Constant, low: float, high: float, role: Role) -> Dimension:
    return Dimension(
        constant=constant,
        scale=AxisScale.LINEAR,
        low=low,
        high=high,
        step=(high - low) / 4,
        rank=role.rank,
        neutral=role.neutral,
    )


def _memory(constant: Constant, value: float) -> Dimension:
    at, reach = math.log2(1 - value), math.log2(_MEMORY.factor)
    high = max(at + 0.5, min(math.log2(0.6), at + reach))  # nothing remembers usefully below 0.4
    step = math.log2(_MEMORY.step)
    return Dimension(constant=constant, scale=AxisScale.LOG_REST, low=at - reach, high=high, step=step, rank=_MEMORY.rank)


def _positive(constant: Constant, value: float, role: Role) -> Dimension:
    at, reach, step = math.log2(value), math.log2(role.factor), math.log2(role.step)
    return Dimension(
        constant=constant, scale=AxisScale.LOG, low=at - reach, high=at + reach, step=step, rank=role.rank, neutral=role.neutral
    )


def _from_zero(constant: Constant, role: Role) -> Dimension | None:
    """A range for a constant that is off now, such as a weight decay of 0; with other names a zero is a starting value."""
    if role.neutral != 0:
        return None
    low = math.log2(SMALLEST)
    return Dimension(constant=constant, scale=AxisScale.LOG, low=low, high=0, step=math.log2(100), rank=role.rank, zero=True)
