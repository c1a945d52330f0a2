"""The range of values that a picture shows."""

from dataclasses import dataclass

from overnight.research.story.story import Story

_LEAST_ROOM, _MOST_ROOM = 0.5, 3.0  # of the interesting range, for the candidates that are worse than all of it
_SHOWN = 0.8  # of all candidates are drawn to scale, if that room allows it
_MARGIN = 0.04  # of the range, left free at both ends


@dataclass(frozen=True, slots=True, kw_only=True)
class Window:
    """A range of values; what lies beyond it is piled up at its edge and counted."""

    low: float
    high: float

    def clamp(self, value: float) -> float:
        """The value, or the edge that it lies beyond."""
        return min(max(value, self.low), self.high)

    def holds(self, value: float) -> bool:
        """Whether the value is drawn to scale."""
        return self.low <= value <= self.high


def window_of(story: Story) -> Window:
    """All heads, claims, baseline trials and better candidates, and of the worse candidates those near them."""
    values = [point.value for point in (*story.baseline, *story.claims)]
    values += [edge for head in story.heads if head.band for edge in (head.band.low, head.band.high)]
    candidates = [point.value for point in story.candidates]
    values = values or candidates or [0.0]
    origin = values[0]

    def gain(value: float) -> float:
        return story.metric.gain(origin, value)

    worst, best = min(values, key=gain), max([*values, *candidates], key=gain)
    span = abs(best - worst) or abs(worst) or 1.0
    behind = sorted(gain(worst) - gain(value) for value in candidates)
    wanted = behind[int(_SHOWN * (len(behind) - 1))] if behind else 0.0
    room = min(max(wanted, _LEAST_ROOM * span), _MOST_ROOM * span)
    near = [value for value in candidates if gain(worst) - gain(value) <= room]
    edge = min([worst, *near], key=gain)
    margin = _MARGIN * (abs(best - edge) or abs(edge) or 1.0)
    return Window(low=min(best, edge) - margin, high=max(best, edge) + margin)


def beyond(story: Story) -> int:
    """How many candidate trials of the story lie outside its window."""
    window = window_of(story)
    return sum(not window.holds(point.value) for point in story.candidates)
