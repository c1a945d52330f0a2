"""The motion gate: whether, and where, something moves in small frames; about two milliseconds of a processor each.

Compared are the brightness against that of its surroundings, and the share of red and blue in the colour. So dusk, a cloud, the
auto-exposure, the soft edge of a shadow or a cone of light changes little, while a thing that moves brings edges and colours of
its own. OpenCV's MOG2 learns for each pixel what it is like, and how much it changes anyway (leaves, rain, noise at night). A
spot counts only if it lies partly where something moved in the look before, so single drops do not.
Source: Zivkovic and van der Heijden 2006, on a local contrast.

Does not cover: things smaller than 1/700 of the frame; what is as bright and of the same colour as what is behind it; what
holds still for a minute.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from overnight.home.eyes.box import Box
from overnight.home.eyes.port import Frame, Pixels

if TYPE_CHECKING:
    import cv2

WIDTH = 256  # pixels of the small frames
TALLEST = 4 * WIDTH  # pixels: a frame of 1 by 65,535 would have gigabytes
SURROUNDINGS = 33  # pixels a side, whose brightness a pixel is compared with
FLOOR = 8.0  # added to that brightness, of 255, or the noise of a dark corner would count
CONTRAST, COLOUR = 90.0, 64.0  # steps of 255 for a brightness as that around, and for a colour of one channel alone
LOOKS = 300  # in which what holds still becomes background: a minute at five a second
DEVIATIONS = 60.0  # squared, from which a pixel has changed; chosen on rendered rain and lights
LEAST_AREA = 1 / 700  # of the frame
SUDDEN = 0.6  # of the frame changed at once: the light, not a thing
AGAIN, NEAR = 0.3, 7  # of a spot that moved in the look before as well, or within 3 pixels of it
APART_S = 1.0  # looks further apart have no look before
WARM_LOOKS, LEARN_FIRST = 5, 0.2  # before anything counts

Mask = NDArray[np.uint8]


@dataclass(frozen=True, slots=True, kw_only=True)
class Motion:
    """What moves in a frame."""

    boxes: Sequence[Box] = ()  # the largest first
    sudden: bool = False  # everything changed at once; the background is learnt anew


class MotionGate:
    """Looks at the frames of one camera, in order."""

    def __init__(self) -> None:
        self._model: cv2.BackgroundSubtractorMOG2 | None = None
        self._shape: tuple[int, ...] = ()
        self._before: Mask | None = None  # where it moved at the last look
        self._at = 0.0
        self._looks = 0

    def look(self, frame: Frame) -> Motion:
        """What moves in it."""
        import cv2

        now = _planes(frame.pixels)
        if self._model is None or self._shape != now.shape:
            self._learn_anew(now)
            return Motion(sudden=True)
        mask = (self._model.apply(now, learningRate=LEARN_FIRST if self._looks < WARM_LOOKS else 1 / LOOKS) > 0).astype(
            np.uint8
        )
        self._looks += 1
        if self._looks > WARM_LOOKS and mask.mean() > SUDDEN:
            self._learn_anew(now)
            return Motion(sudden=True)
        mask = _spots(mask)
        near = frame.at - self._at < APART_S
        boxes = _boxes(mask, self._before if near else None) if self._looks > WARM_LOOKS else ()
        self._before, self._at = cv2.dilate(mask, _brush(NEAR)).astype(np.uint8), frame.at
        return Motion(boxes=boxes)

    def _learn_anew(self, now: Mask) -> None:
        import cv2

        self._model = cv2.createBackgroundSubtractorMOG2(history=LOOKS, varThreshold=DEVIATIONS, detectShadows=False)
        self._model.apply(now)
        self._shape, self._before, self._looks = now.shape, None, 0


def _planes(pixels: Pixels) -> Mask:
    """The small frame as brightness against that of its surroundings, and colour."""
    import cv2

    height, width = pixels.shape[:2]
    small = cv2.resize(pixels, (WIDTH, min(TALLEST, max(1, round(height * WIDTH / width)))), interpolation=cv2.INTER_AREA)
    blue, green, red = cv2.split(cv2.GaussianBlur(small, (5, 5), 0).astype(np.float32))
    light = (blue + green + red) / 3 + FLOOR
    contrast = CONTRAST * light / cv2.blur(light, (SURROUNDINGS, SURROUNDINGS))
    return np.clip(np.dstack([contrast, COLOUR * (red - blue) / light + 128]), 0, 255).astype(np.uint8)


def _brush(side: int) -> Any:  # OpenCV's type for a matrix
    return np.ones((side, side), np.uint8)


def _spots(mask: Mask) -> Mask:
    """Without single pixels and thin streaks, and with what belongs together joined."""
    import cv2

    opened = cv2.morphologyEx(mask, cv2.MORPH_OPEN, _brush(3))
    return cv2.morphologyEx(opened, cv2.MORPH_CLOSE, _brush(11)).astype(np.uint8)


def _boxes(mask: Mask, before: Mask | None) -> tuple[Box, ...]:
    import cv2

    height, width = mask.shape
    count, marks, found, _ = cv2.connectedComponentsWithStats(mask, connectivity=8)
    again = np.bincount(marks[before > 0], minlength=count) if before is not None else None
    boxes = []
    for mark in range(1, count):
        left, top, across, down, area = (int(value) for value in found[mark])
        if area < LEAST_AREA * mask.size or (again is not None and again[mark] < AGAIN * area):
            continue
        boxes.append(Box(left=left / width, top=top / height, right=(left + across) / width, bottom=(top + down) / height))
    return tuple(sorted(boxes, key=lambda box: -box.area))
