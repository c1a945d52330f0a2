"""The seam of a camera: its frames, and who looks at them."""

from collections.abc import AsyncGenerator, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Protocol, TypeAlias

from overnight.home.eyes.box import Box

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

Pixels: TypeAlias = "NDArray[np.uint8]"  # (height, width, 3), blue first, as OpenCV has them


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
