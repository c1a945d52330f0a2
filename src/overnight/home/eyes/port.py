"""The seam of a camera: its frames, and who looks at them."""

from collections.abc import AsyncGenerator, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Protocol, TypeAlias

from overnight.home.eyes.box import Box

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

Pixels: TypeAlias = "NDArray[np.uint8]"  # (height, width, 3), blue first, as OpenCV has them


def cut(pixels: Pixels, box: Box) -> Pixels:
    """The part of a picture that is in a box, of one pixel at least."""
    height, width = pixels.shape[:2]
    top, left = (min(round(at * side), side - 1) for at, side in ((box.top, height), (box.left, width)))
    return pixels[top : max(top + 1, round(box.bottom * height)), left : max(left + 1, round(box.right * width))]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Frame:
    """One picture of a camera."""

    pixels: Pixels = field(repr=False)
    at: float  # Unix time, s, when it arrived


@dataclass(frozen=True, slots=True, kw_only=True)
class Sight:
    """Something that a detector found."""

    label: str  # of COCO's 80 classes
    score: float  # 0 to 1
    box: Box  # in fractions of the whole frame


class Frames(Protocol):
    """Where the frames of one camera come from."""

    def frames(self) -> AsyncGenerator[Frame, None]:
        """Each as it comes, the newest if the caller is slow.

        Raises:
            Unseen: the camera does not answer, or what it sends is no picture.
        """
        ...


class Unseen(Exception):  # noqa: N818  # a state of the camera, not a fault
    """A camera shows nothing now; says why in one line."""


class Eyes(Protocol):
    """Finds things in a picture."""

    def find(self, pixels: Pixels) -> Sequence[Sight]:
        """What is in it, the surest first; boxes in fractions of this picture."""
        ...
