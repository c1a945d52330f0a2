"""What was measured of constants, as the surrogate takes it: places, values on one scale, and blocks."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from overnight.research.researchers.tuner.findings import Value
from overnight.research.researchers.tuner.space import Space
from overnight.research.researchers.tuner.surrogate import Data

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt

    Array = npt.NDArray[np.float64]

LEAST_SPAN = 3.0  # sd of one trial: differences below are noise, whatever their scale
_GOOD, _MIDDLE = 0.05, 0.6  # quantiles of the values between which the scale is linear
_CRASHED = 0.1  # beyond the worst value
_WORST = 0.5  # at least, of a crash


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
    span: float  # of the metric: one unit of the scale


def scaled(space: Space, observations: Sequence[Observation], sigma: float) -> Scaled | None:
    """Observations on a scale that bad values do not dominate; None if no trial has a value. `sigma`: sd of one trial."""
    import numpy as np

    known = np.array([o.value for o in observations if o.value is not None])
    if not known.size:
        return None
    good, middle = np.quantile(known, _GOOD), np.quantile(known, _MIDDLE)
    span = float(max(middle - good, LEAST_SPAN * sigma, 1e-9 * abs(middle), 1e-300))
    values = np.array([np.nan if o.value is None else (o.value - middle) / span for o in observations])
    values = np.where(values > 0.0, np.log1p(np.maximum(values, 0.0)), values)
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


def place(space: Space, values: Mapping[str, Value]) -> "Array":
    """Where these values are in a space: (d,)."""
    import numpy as np

    return np.array([d.unit(values.get(d.key, d.constant.value)) for d in space])


def values_at(space: Space, at: "Array") -> Mapping[str, Value]:
    """The values of all constants at a place, those of the head where the place is theirs."""
    own = place(space, {})
    return {d.key: d.constant.value if at[i] == own[i] else d.of_unit(float(at[i])) for i, d in enumerate(space)}
