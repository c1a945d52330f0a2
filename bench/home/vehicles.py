"""Draws vehicles of several kinds, and a person."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from overnight.home.twins.vehicles import DARK, GLASS, LAMP, SUB, TAIL, Brush, Colour, box_truck, shade

Pixels = NDArray[np.uint8]


def van(brush: Brush, colour: Colour) -> None:
    brush.fill(colour, (0, 0.4), (5.6, 0.4), (5.6, 1.1), (5.3, 1.35), (4.4, 2.45), (4.1, 2.6), (0.1, 2.6), (0, 2.4))
    brush.fill(GLASS, (3.9, 1.45), (5.0, 1.45), (4.25, 2.3), (3.9, 2.3))
    brush.block(shade(colour, 0.8), 2.2, 0.5, 2.24, 2.5)
    brush.block(shade(colour, 0.8), 3.75, 0.5, 3.79, 2.5)
    brush.block(shade(colour, 0.7), 0, 0.4, 5.6, 0.5)
    brush.block(LAMP, 5.35, 0.85, 5.6, 1.1)
    brush.block(TAIL, 0, 0.9, 0.1, 1.4)
    brush.wheel(1.0, 0.36)
    brush.wheel(4.6, 0.36)


def car(brush: Brush, colour: Colour) -> None:
    outline = [(0, 0.35), (4.3, 0.35), (4.35, 0.7), (4.1, 0.88), (3.2, 0.98), (2.5, 1.45), (1.2, 1.47), (0.4, 1.0), (0, 0.9)]
    brush.fill(colour, *outline)
    brush.fill(GLASS, (0.65, 1.0), (1.25, 1.38), (1.75, 1.38), (1.75, 1.0))
    brush.fill(GLASS, (1.85, 1.0), (1.85, 1.38), (2.42, 1.37), (2.95, 1.0))
    brush.block(shade(colour, 0.75), 0, 0.35, 4.3, 0.42)
    brush.fill(LAMP, (4.05, 0.7), (4.33, 0.7), (4.1, 0.85))
    brush.block(TAIL, 0, 0.7, 0.12, 0.87)
    brush.wheel(0.85, 0.33)
    brush.wheel(3.45, 0.33)


def bus(brush: Brush, colour: Colour) -> None:
    brush.fill(colour, (0, 0.4), (9.6, 0.4), (9.7, 1.2), (9.5, 3.0), (0.1, 3.0), (0, 2.8))
    for at in range(6):
        brush.block(GLASS, 0.4 + 1.35 * at, 1.5, 1.6 + 1.35 * at, 2.55)
    brush.fill(GLASS, (8.6, 1.2), (9.6, 1.2), (9.45, 2.7), (8.6, 2.7))
    brush.block(shade(colour, 0.7), 0, 0.9, 9.65, 1.05)
    brush.block(LAMP, 9.45, 0.75, 9.68, 1.0)
    brush.block(TAIL, 0, 0.9, 0.1, 1.3)
    brush.wheel(1.9, 0.45)
    brush.wheel(7.6, 0.45)


def pickup(brush: Brush, colour: Colour) -> None:
    outline = [(0, 0.5), (5.3, 0.5), (5.35, 1.05), (4.1, 1.2), (3.5, 1.8), (2.2, 1.82), (2.1, 1.15), (0, 1.15)]
    brush.fill(colour, *outline)
    brush.fill(GLASS, (2.35, 1.2), (2.35, 1.7), (2.95, 1.7), (2.95, 1.2))
    brush.fill(GLASS, (3.05, 1.2), (3.05, 1.7), (3.42, 1.69), (3.9, 1.2))
    brush.block(DARK, 0, 0.45, 5.3, 0.55)
    brush.block(LAMP, 5.1, 0.85, 5.34, 1.05)
    brush.block(TAIL, 0, 0.85, 0.1, 1.1)
    brush.wheel(1.0, 0.4)
    brush.wheel(4.3, 0.4)


def person(brush: Brush, colour: Colour) -> None:
    brush.block((70, 50, 40), 0.15, 0.0, 0.3, 0.85)
    brush.block((70, 50, 40), 0.33, 0.0, 0.48, 0.85)
    brush.block(colour, 0.1, 0.8, 0.53, 1.45)
    brush.block(colour, 0.0, 0.85, 0.1, 1.4)
    brush.block(colour, 0.53, 0.85, 0.63, 1.4)
    x, y = brush.points([(0.32, 1.62)])[0]
    cv2.circle(brush.canvas, (int(x), int(y)), int(0.15 * brush.scale * 16), (140, 170, 210), -1, cv2.LINE_AA, SUB)


@dataclass(frozen=True, slots=True, kw_only=True)
class Kind:
    """A kind of vehicle."""

    name: str
    draw: Callable[[Brush, Colour], None]
    length: float  # m
    height: float
    delivers: bool  # whether the owner means it by a delivery truck


KINDS = {
    kind.name: kind
    for kind in (
        Kind(name="box truck", draw=box_truck, length=6.6, height=3.25, delivers=True),
        Kind(name="van", draw=van, length=5.6, height=2.6, delivers=True),
        Kind(name="car", draw=car, length=4.35, height=1.47, delivers=False),
        Kind(name="bus", draw=bus, length=9.7, height=3.0, delivers=False),
        Kind(name="pickup", draw=pickup, length=5.35, height=1.82, delivers=False),
        Kind(name="person", draw=person, length=0.63, height=1.77, delivers=False),
    )
}
COLOURS: Sequence[Colour] = ((235, 235, 235), (40, 70, 110), (35, 35, 190), (160, 110, 40), (60, 60, 65), (50, 190, 225))


def draw(canvas: Pixels, kind: Kind, colour: Colour, *, x: float, y: float, scale: float, turned: int = 1) -> None:
    """A vehicle with its tail (or, turned, its nose) at `x`; pixels."""
    tail = x if turned > 0 else x + kind.length * scale
    brush = Brush(canvas=canvas, x=tail, y=y, scale=scale, turned=turned)
    if kind.name != "person":
        brush.shadow(kind.length)
    kind.draw(brush, colour)
