"""The scale on which trials are compared: differences, or ratios for timings."""

import math
from enum import StrEnum

from overnight.gate.stats import LARGEST, clip
from overnight.program.program import Metric

_SMALLEST = 1e-300  # a timing that a coarse clock shows as 0
_HIGHEST = 700.0  # e^x overflows beyond it


class Scale(StrEnum):
    """On which scale noise is additive."""

    LINEAR = "linear"
    LOG = "log"  # ln of values above 0: noise in proportion to the value

    def place(self, value: float) -> float:
        """A metric's value on this scale."""
        return math.log(max(value, _SMALLEST)) if self is Scale.LOG else clip(value, LARGEST)

    def gain(self, metric: Metric, baseline: float, candidate: float) -> float:
        """How much better `candidate` is, on this scale; never so large that its square overflows."""
        return metric.gain(self.place(baseline), self.place(candidate))

    def in_units(self, metric: Metric, level: float, gain: float) -> float:
        """A gain on this scale, converted to the metric's units, from a baseline placed at `level`."""
        if self is Scale.LINEAR:
            return gain
        before, after = (math.exp(min(place, _HIGHEST)) for place in (level, level + metric.gain(0.0, gain)))
        return metric.gain(before, after)
