"""What was measured of constants, as the surrogate takes it: places, values on one scale, and blocks."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from overnight.program.program import Metric
from overnight.research.researchers.tuner.findings import Value
from overnight.research.researchers.tuner.space import Space
from overnight.research.researchers.tuner.surrogate import Data

if TYPE_CHECKING:
    from overnight.research.researchers.tuner.arithmetic import Array

LEAST_SPAN = 3.0  # sd of one trial: differences below are noise, whatever their scale
_GOOD, _MIDDLE = 0.05, 0.6  # quantiles of the values between which the scale is linear
_SHOWN = 0.05  # of the way from the head to the best: the least that one unit of the scale is
_CRASHED = 0.1  # beyond the worst value
_WORST = 0.5  # at least, of a crash
_LARGEST = 1e200  # of a value: what is computed from it is finite
_DEEPEST = 100.0  # on the scale, for the same reason
_INCREDIBLE = 100.0  # spans: what is better by more is only a little better


@dataclass(frozen=True, slots=True, kw_only=True)
class Observation:
    """One trial, or the mean of several, of one choice of values."""

    values: Mapping[str, Value]  # of constants, by key; one that is missing has the value of the head
    value: float | None  # of the metric, oriented so that less is better; None: it has none, as it crashed
    block: str  # what its trials share: seed and version of the code
    share: float = 1.0  # of the variance of one trial


@dataclass(frozen=True, slots=True, kw_only=True)
class Scaled:
    """Observations for the surrogate."""

    data: Data
    span: float  # of the metric: one unit of the scale where it is linear

    def metric(self, values: "Array") -> "Array":
        """Values on the scale in the metric's units, from the middle on."""
        import numpy as np

        return self.span * np.where(values > 0.0, np.expm1(np.clip(values, 0.0, _DEEPEST)), values)

    def slopes(self, values: "Array") -> "Array":
        """What one unit of the scale is there, in spans."""
        import numpy as np

        return np.exp(np.clip(values, 0.0, _DEEPEST))


def scaled(space: Space, observations: Sequence[Observation], sigma: float, head: float | None = None) -> Scaled | None:
    """Observations on a scale that bad values do not dominate; None if no trial has a value.

    `sigma` is the sd of one trial; `head` what the head's value is, so that the scale tells what is gained over it.
    """
    import numpy as np

    found = np.array([np.nan if o.value is None or not math.isfinite(o.value) else o.value for o in observations])
    found = np.clip(found, -_LARGEST, _LARGEST)
    known = found[~np.isnan(found)]
    if not known.size:
        return None
    good, middle = np.quantile(known, _GOOD), np.quantile(known, _MIDDLE)
    noise = LEAST_SPAN * sigma if math.isfinite(sigma) else 0.0
    gained = _SHOWN * (min(head, _LARGEST) - float(known.min())) if head is not None and math.isfinite(head) else 0.0
    span = float(max(middle - good, gained, min(noise, _LARGEST), 1e-9 * abs(middle), 1 / _LARGEST))
    with np.errstate(over="ignore"):
        values = np.clip((found - middle) / span, -_LARGEST, _LARGEST)
    values = np.where(values > 0.0, np.log1p(np.maximum(values, 0.0)), values)
    values = np.where(values < -_INCREDIBLE, -_INCREDIBLE - np.log1p(np.maximum(-values - _INCREDIBLE, 0.0)), values)
    values = np.where(np.isnan(values), max(float(np.nanmax(values)) + _CRASHED, _WORST), values)
    blocks = {block: number for number, block in enumerate(dict.fromkeys(o.block for o in observations))}
    return Scaled(
        data=Data(
            places=np.array([place(space, o.values) for o in observations]),
            values=values,
            shares=np.array([o.share for o in observations]),
            blocks=np.array([float(blocks[o.block]) for o in observations]),
        ),
        span=span,
    )


def oriented(metric: Metric, value: float) -> float:
    """A value of the metric, so that less is better."""
    return -metric.gain(0.0, value)


def place(space: Space, values: Mapping[str, Value]) -> "Array":
    """Where these values are in a space: (d,)."""
    import numpy as np

    return np.array([d.unit(values.get(d.key, d.constant.value)) for d in space])


def values_at(space: Space, at: "Array") -> Mapping[str, Value]:
    """The values of all constants at a place, those of the head where the place is theirs."""
    own = place(space, {})
    return {d.key: d.constant.value if at[i] == own[i] else d.of_unit(float(at[i])) for i, d in enumerate(space)}
