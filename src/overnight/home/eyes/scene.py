"""One camera's frames as visits: the motion gate, the detector on the crop around what moves, and what stood there before."""

from collections.abc import Sequence, Set
from dataclasses import dataclass, field

from overnight.home.eyes.box import Box
from overnight.home.eyes.motion import MotionGate
from overnight.home.eyes.port import Eyes, Frame, Pixels, Sight, cut
from overnight.home.eyes.sameness import looks_same
from overnight.home.eyes.track import kind_of
from overnight.home.eyes.visits import Visit, Visits

EVERY_S = 0.4  # between two looks of the detector
SELDOM_S = 1.2  # when it finds nothing new time and again
IDLE = 4  # looks that find nothing new, after which it looks seldom
GREW = 1.5  # times what moved at the last look: then it looks at once
LEAST_SIDE = 0.45  # of the frame's height, of a crop
MARGIN = 0.35  # of what moves, around it
MOST_CROPS = 2  # of a frame, the largest first
MOVED, MOVED_NEW, MOVED_CUT = 0.1, 0.4, 0.6  # of a thing's box that must move: one that is followed, a new one, one that is cut
EDGE = 0.01  # of the frame
QUIET_S = 2.0  # without anything that is wanted and moves, after which a frame shows what stands there
PART = 0.8  # of a box
DOUBLE = 0.6  # overlap from which two labels are of one thing


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Glimpse:
    """A visit in one frame."""

    visit: Visit
    frame: Frame = field(repr=False)


class Scene:
    """Looks at the frames of one camera, in order; not for two threads."""

    def __init__(self, eyes: Eyes, wanted: Set[str], *, next_number: int = 1) -> None:
        """`wanted`: the labels that anything is done about."""
        self._eyes, self._wanted = eyes, wanted
        self._gate, self._visits = MotionGate(), Visits(next_number=next_number)
        self._quiet: Frame | None = (
            None  # in which nothing that is wanted moved, nor for a while after it; at first, the first one
        )
        self._perhaps_quiet: Frame | None = None
        self._looked_at = float("-inf")
        self._idle, self._size = 0, 0.0  # looks that found nothing new; what moved at the last one
        self.detections = 0  # calls of the detector so far

    @property
    def next_number(self) -> int:
        """Of the next visit."""
        return self._visits.next_number

    def look(self, frame: Frame) -> Sequence[Glimpse]:
        """The visits that are seen in it."""
        motion = self._gate.look(frame)
        if self._quiet is None:
            self._quiet = frame
        boxes = motion.boxes or self._visits.unsettled(frame.at)
        if not boxes:
            self._learn(frame)
            return ()
        size = sum(box.area for box in boxes)
        seldom = self._idle > IDLE and size < GREW * self._size
        if frame.at - self._looked_at < (SELDOM_S if seldom else EVERY_S):
            return ()
        self._looked_at, self._size = frame.at, size
        sights = list[Sight]()
        for crop in _crops(boxes, frame.pixels):
            there = self._find(frame.pixels, crop)
            self._visits.miss(crop, there, frame.at)
            found = [sight for sight in there if self._moves(sight, crop, boxes, frame.at)]
            if self._visits.unmatched(found, frame.at):
                self._visits.learn(self._find(self._quiet.pixels, crop), there, frame.at)
            for sight in self._visits.news(found, frame.at):
                if looks_same(self._quiet.pixels, frame.pixels, sight.box):
                    self._visits.stood(sight, frame.at)
            sights += found
        seen = self._visits.see(_without_parts(_singly(sights)), frame.at)
        self._idle = 0 if any(visit.moves for visit in seen) else self._idle + 1
        if self._visits.busy:
            self._perhaps_quiet = None
        else:
            self._learn(frame)
        return [Glimpse(visit=visit, frame=frame) for visit in seen]

    def _moves(self, sight: Sight, crop: Box, moving: Sequence[Box], at: float) -> bool:
        """Whether something moves there, and not just beside it; what the crop cuts has to move as a whole."""
        share = sum(sight.box.shared(each) for each in moving) / max(sight.box.area, 1e-9)
        if _is_cut(sight.box, crop):
            return share >= MOVED_CUT
        return share >= MOVED_NEW or (share >= MOVED and self._visits.follows(sight, at))

    def _learn(self, frame: Frame) -> None:
        """Nothing that is wanted moves in it; if that lasts, it shows what stands there."""
        if self._perhaps_quiet is None:
            self._perhaps_quiet = frame
        elif frame.at - self._perhaps_quiet.at > QUIET_S:
            self._quiet, self._perhaps_quiet = self._perhaps_quiet, frame

    def _find(self, pixels: Pixels, crop: Box) -> Sequence[Sight]:
        self.detections += 1
        found = [sight for sight in self._eyes.find(cut(pixels, crop)) if sight.label in self._wanted]
        return _singly([Sight(label=sight.label, score=sight.score, box=sight.box.within(crop)) for sight in found])


def _crops(boxes: Sequence[Box], pixels: Pixels) -> Sequence[Box]:
    """Where to look: what moves with a margin, as square as the frame allows, what overlaps joined."""
    crops = list[Box]()
    for box in boxes:
        crop = _squared(box, pixels)
        for other in [other for other in crops if other.shared(crop) > 0]:
            crops.remove(other)
            crop = other.around(crop)
        crops.append(crop)
    return sorted(crops, key=lambda crop: -crop.area)[:MOST_CROPS]


def _squared(box: Box, pixels: Pixels) -> Box:
    height, width = pixels.shape[:2]
    side = max(box.width * width, box.height * height) * (1 + 2 * MARGIN)
    side = max(side, LEAST_SIDE * height)
    across, down = min(1.0, side / width), min(1.0, side / height)
    x, y = box.centre
    left, top = min(max(0.0, x - across / 2), 1 - across), min(max(0.0, y - down / 2), 1 - down)
    return Box(left=left, top=top, right=left + across, bottom=top + down)


def _is_cut(box: Box, crop: Box) -> bool:
    """Whether the edge of a crop cuts it that is not the frame's."""
    sides = ((box.left, crop.left), (box.top, crop.top), (1 - box.right, 1 - crop.right), (1 - box.bottom, 1 - crop.bottom))
    return any(edge > 0 and inside - edge < EDGE for inside, edge in sides)


def _singly(sights: Sequence[Sight]) -> Sequence[Sight]:
    """One sight for each thing, under its surest label."""
    kept = list[Sight]()
    for sight in sorted(sights, key=lambda each: -each.score):
        if all(sight.box.overlap(other.box) < DOUBLE for other in kept):
            kept.append(sight)
    return kept


def _without_parts(sights: Sequence[Sight]) -> Sequence[Sight]:
    return [sight for sight in sights if not any(_is_part(sight, other) for other in sights)]


def _is_part(sight: Sight, other: Sight) -> bool:
    """Whether it is only a part of another, such as its cab."""
    inside = sight.box.shared(other.box) >= PART * sight.box.area and sight.box.area < other.box.area
    return inside and kind_of(sight.label) == kind_of(other.label)
