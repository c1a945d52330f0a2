"""The measured values of a campaign in order, in bounded memory."""

from overnight.program.program import Metric
from overnight.research.story.story import Point
from overnight.research.story.thinning import Thinned

POINTS = 5_000  # of one kind that a story holds; more are thinned evenly


class Values:
    """The measured values in order, and the running best that a one-run rule would have believed."""

    def __init__(self, metric: Metric) -> None:
        self._metric = metric
        self.baseline: Thinned[Point] = Thinned(POINTS)
        self.candidates: Thinned[Point] = Thinned(POINTS)
        self._claims: Thinned[Point] = Thinned(POINTS)
        self._best: Point | None = None

    def head(self, point: Point) -> None:
        """Add a baseline trial; a one-run rule starts at the first."""
        self.baseline.add(point)
        if self._best is None:
            self._claim(point)

    def candidate(self, point: Point, *, first: bool) -> None:
        """Add a candidate's trial; `first` says whether it is the first of its experiment."""
        self.candidates.add(point)
        if first and (self._best is None or self._metric.gain(self._best.value, point.value) > 0):
            self._claim(point)

    def claims(self) -> tuple[Point, ...]:
        """The running best, always with its last step."""
        steps = self._claims.items()
        return steps if self._best is None or steps[-1] is self._best else (*steps, self._best)

    @property
    def claims_seen(self) -> int:
        """How many steps the running best has, including the start."""
        return self._claims.seen

    def _claim(self, point: Point) -> None:
        self._claims.add(point)
        self._best = point
