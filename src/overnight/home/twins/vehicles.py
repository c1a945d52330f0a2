"""Draws a delivery truck as a camera at a house sees it, so well that a detector finds it. Needs OpenCV."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

Pixels = Any  # an array of OpenCV
Colour = tuple[int, int, int]  # blue first
GLASS, TYRE, RIM, DARK = (70, 55, 45), (25, 25, 25), (150, 150, 150), (40, 40, 40)
LAMP, TAIL = (205, 240, 250), (30, 30, 190)
SUB = 4  # bits of a pixel's fraction


@dataclass(frozen=True, slots=True, kw_only=True)
class Brush:
    """Where a vehicle stands: metres from its tail and above the road become pixels."""

    canvas: Pixels
    x: float  # pixels, of its tail
    y: float  # of the road
    scale: float  # pixels a metre
    turned: int  # 1: it looks to the right, -1: to the left

    def points(self, shape: Sequence[tuple[float, float]]) -> Any:  # an array of OpenCV
        """Corners in metres as pixels, with their fractions."""
        import numpy as np

        return np.array(
            [[(self.x + self.turned * a * self.scale) * 16, (self.y - b * self.scale) * 16] for a, b in shape]
        ).astype(np.int32)

    def fill(self, colour: Colour, *shape: tuple[float, float]) -> None:
        """A surface with these corners."""
        import cv2

        cv2.fillPoly(self.canvas, [self.points(shape)], colour, cv2.LINE_AA, SUB)

    def block(self, colour: Colour, left: float, low: float, right: float, high: float) -> None:
        """An upright one."""
        self.fill(colour, (left, low), (right, low), (right, high), (left, high))

    def wheel(self, at: float, radius: float) -> None:
        """A wheel on the road."""
        import cv2

        (x, y), size = self.points([(at, radius)])[0], radius * self.scale * 16
        for share, colour in ((1.0, TYRE), (0.62, RIM), (0.5, (95, 95, 95)), (0.2, DARK)):
            cv2.circle(self.canvas, (int(x), int(y)), int(size * share), colour, -1, cv2.LINE_AA, SUB)

    def shadow(self, length: float) -> None:
        """What is dark below it."""
        self.fill((58, 58, 60), (-0.2, 0.06), (length + 0.2, 0.06), (length, -0.22), (0.1, -0.22))


def shade(colour: Colour, share: float) -> Colour:
    """The same colour, darker or lighter."""
    b, g, r = (int(min(255, each * share)) for each in colour)
    return (b, g, r)


def box_truck(brush: Brush, colour: Colour) -> None:
    """A delivery truck, 6.6 m long."""
    brush.block(colour, 0, 0.7, 4.5, 3.1)
    brush.fill(shade(colour, 1.1), (0, 3.1), (4.5, 3.1), (4.7, 3.25), (0.25, 3.25))
    for at in (1.1, 2.2, 3.3):
        brush.block(shade(colour, 0.82), at, 0.75, at + 0.03, 3.05)
    brush.fill((205, 202, 200), (4.6, 0.6), (6.6, 0.6), (6.6, 1.35), (6.35, 1.5), (5.9, 2.45), (4.6, 2.5))
    brush.fill(GLASS, (5.0, 1.5), (6.15, 1.5), (5.8, 2.3), (5.0, 2.3))
    brush.block(DARK, 0, 0.45, 6.6, 0.72)
    brush.block(LAMP, 6.4, 0.9, 6.62, 1.15)
    brush.block(TAIL, 0, 0.8, 0.12, 1.1)
    brush.wheel(1.1, 0.48)
    brush.wheel(5.6, 0.48)
