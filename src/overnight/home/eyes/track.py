"""One thing before a camera, followed from frame to frame; pure."""

from dataclasses import dataclass, field

from overnight.home.eyes.box import Box
from overnight.home.eyes.port import Sight

VEHICLES = frozenset({"car", "truck", "bus", "train"})  # which a detector often takes for each other
LEAST_OVERLAP = 0.2
PLACE_OVERLAP = 0.4  # of one that stands
PART = 0.7  # of a box, from which it is what is left in sight of one that stands
REACH = 0.9  # of its longer side, from where it should be
FASTEST = 0.9  # of the frame in a second, for one that was found only once
LONG_S = 1.5  # after which that says nothing any more
LIKE = 0.3  # times the size, at least, that it was found in
STANDING = 0.02  # of the frame: the way in a second up to which a thing stands
EDGE = 0.01  # of the frame
SETTLES = 4  # findings, before one is taken to stand
SUDDENLY_S = 1.0  # one that stood long has moved only now
GONE_S = 8.0  # without being found, while it moved: behind a tree, or missed by the detector
KEPT_STANDING_S = 12 * 3600.0


def kind_of(label: str) -> str:
    """What can be one thing, found under several labels."""
    return "vehicle" if label in VEHICLES else label


@dataclass(slots=True, kw_only=True)
class Track:
    """One thing, followed."""

    box: Box
    at: float  # Unix time, s, when it was last found
    first_at: float
    known: bool  # it stood there before
    kind: str
    found: int = 0
    missed: int = 0  # looks at its place since it was found there
    scores: dict[str, float] = field(default_factory=dict)  # summed for each label
    speed: tuple[float, float] = (0.0, 0.0)  # of the frame in a second
    number: int = 0  # of the visit; 0: it is none, or not one yet

    @property
    def total(self) -> float:
        """All scores together."""
        return sum(self.scores.values())

    @property
    def stands(self) -> bool:
        """Whether it does not move."""
        return (self.known or self.found >= SETTLES) and abs(self.speed[0]) + abs(self.speed[1]) < STANDING

    @property
    def is_whole(self) -> bool:
        """Whether the edge of the frame does not cut it."""
        return min(self.box.left, self.box.top, 1 - self.box.right, 1 - self.box.bottom) > EDGE

    def is_gone(self, at: float) -> bool:
        """Whether it has not been found for so long that it is no more followed."""
        return at - self.at > (KEPT_STANDING_S if self.stands and (self.known or self.number) else GONE_S)

    def expected(self, at: float) -> Box:
        """Where it should be."""
        passed = min(at - self.at, GONE_S)
        return self.box if self.stands else self.box.moved(self.speed[0] * passed, self.speed[1] * passed)

    def likeness(self, sight: Sight, at: float) -> float:
        """How well a thing fits it, from 0, not at all."""
        if kind_of(sight.label) != self.kind:
            return 0.0
        place = self.expected(at)
        overlap = max(sight.box.overlap(place), sight.box.overlap(self.box))
        if self.known and self.stands:
            return 1 + overlap if overlap >= PLACE_OVERLAP else 0.5 * self._hides(sight.box)
        return 1 + overlap if overlap >= LEAST_OVERLAP else self._nearness(sight.box, place, at)

    def follow(self, sight: Sight, at: float) -> None:
        """It was found again."""
        passed = min(at - self.at, SUDDENLY_S)
        if self.known and self.stands and self._hides(sight.box) and sight.box.area < PART * self.box.area:
            self.at = at
            return
        if passed > 0:
            (x, y), (over, down) = self.box.centre, sight.box.centre
            share = 1.0 if self.found == 1 else min(1.0, 2 * passed)  # older speeds count less the longer ago they are
            self.speed = (
                self.speed[0] * (1 - share) + (over - x) / passed * share,
                self.speed[1] * (1 - share) + (down - y) / passed * share,
            )
        self.box, self.at, self.found, self.missed = sight.box, at, self.found + 1, 0
        self.scores[sight.label] = self.scores.get(sight.label, 0.0) + sight.score

    def _hides(self, box: Box) -> bool:
        """Whether a box is a part of it, as something is before it."""
        return box.shared(self.box) >= PART * box.area

    def _nearness(self, box: Box, place: Box, at: float) -> float:
        """By the way between where it should be and where it was found, from 0, too far."""
        smaller, larger = sorted((box.area, self.box.area))
        if smaller < LIKE * larger:
            return 0.0
        far = FASTEST * min(at - self.at, LONG_S) if self.found == 1 and not self.known else 0.0
        (x, y), (over, down) = place.centre, box.centre
        across = abs(x - over) / max(REACH * max(box.width, place.width), far, 1e-6)
        return max(0.0, 1 - max(across, abs(y - down) / max(REACH * max(box.height, place.height), 1e-6)))
