"""Packs circles into the unit square and writes them to circles.json: the larger the sum of their radii, the better.

Start from a grid, let all circles grow at once while overlaps push them apart, harder and harder, and shrink what
still overlaps at the end. The best of some random starts counts.

Try it: python pack.py && python score.py
"""

import json
import random
from math import ceil, sqrt

from rules import CIRCLES, Circle

# Where the circles start.
STARTS = 3  # tries from different random places
COLUMNS = 5  # of the grid
SHIFT = 0.0  # of every other row, in columns: 0.5 is a honeycomb
JITTER = 0.02  # how far a circle starts from its place in the grid
# How they move.
STEPS = 3000
STEP_FIRST, STEP_LAST = 0.0005, 0.00005  # how far a slope moves a circle, first and last
MOMENTUM = 0.9
PUSH_FIRST, PUSH_LAST = 1.0, 100.0  # how hard an overlap pushes
NEIGHBOURS = 0.1  # circles closer than this, from rim to rim, are checked
WATCH = 50  # steps between updates of the list of close pairs


def main() -> None:
    random.seed(CIRCLES)  # the same circles every time: a trial is a proof, not a sample
    packings = [shrink(grow(grid())) for _ in range(STARTS)]
    best = max(packings, key=lambda circles: sum(r for _, _, r in circles))
    with open("circles.json", "w", encoding="ascii") as file:
        json.dump(best, file)


def grid() -> list[Circle]:
    """Small circles in rows, each slightly displaced."""
    rows = ceil(CIRCLES / COLUMNS)
    circles = []
    for i in range(CIRCLES):
        row, column = divmod(i, COLUMNS)
        x = (column + 0.5 + SHIFT * (row % 2)) / (COLUMNS + SHIFT)
        y = (row + 0.5) / rows
        circles.append([x + random.gauss(0, JITTER), y + random.gauss(0, JITTER), 0.05])
    return circles


def grow(circles: list[Circle]) -> list[Circle]:
    """Follow the slope of sum(r) - push * sum(overlap²) / 2, with momentum."""
    speeds = [[0.0, 0.0, 0.0] for _ in circles]
    near: list[tuple[int, int]] = []
    for step in range(STEPS):
        done = step / STEPS
        push = between(PUSH_FIRST, PUSH_LAST, done)
        if step % WATCH == 0:
            near = neighbours(circles)
        slopes = slope(circles, near, push)
        size = between(STEP_FIRST, STEP_LAST, done)
        for circle, speed, pull in zip(circles, speeds, slopes):
            for axis in range(3):
                speed[axis] = MOMENTUM * speed[axis] + (1 - MOMENTUM) * pull[axis]
                circle[axis] += size * speed[axis]
    return circles


def between(first: float, last: float, done: float) -> float:
    """From the first value to the last, evenly on a logarithmic scale; `done` runs from 0 to 1."""
    return first * (last / first) ** done


def neighbours(circles: list[Circle]) -> list[tuple[int, int]]:
    """The pairs that touch or may soon."""
    pairs = ((i, j) for i in range(len(circles)) for j in range(i))
    return [(i, j) for i, j in pairs if gap(circles[i], circles[j]) < NEIGHBOURS]


def gap(a: Circle, b: Circle) -> float:
    """The distance from rim to rim; negative if two circles overlap."""
    return sqrt((a[0] - b[0]) ** 2 + (a[1] - b[1]) ** 2) - a[2] - b[2]


def slope(circles: list[Circle], near: list[tuple[int, int]], push: float) -> list[list[float]]:
    """The gradient for each number of each circle: radii grow, overlaps push back."""
    slopes = []
    for x, y, r in circles:  # the walls
        left, right, low, high = (max(0.0, push * (r - side)) for side in (x, 1 - x, y, 1 - y))
        slopes.append([left - right, low - high, 1.0 - left - right - low - high])
    for i, j in near:
        x, y, r = circles[i]
        u, v, q = circles[j]
        across, up, reach = x - u, y - v, r + q
        square = across * across + up * up
        if square < reach * reach:
            distance = sqrt(square) or 1e-9
            force = push * (reach - distance)
            across, up = force * across / distance, force * up / distance
            one, other = slopes[i], slopes[j]
            one[0] += across
            one[1] += up
            one[2] -= force
            other[0] -= across
            other[1] -= up
            other[2] -= force
    return slopes


def shrink(circles: list[Circle]) -> list[Circle]:
    """The same centres with radii that fit: in each overlapping pair both shrink by the same share."""
    margin = 1e-12  # the rules have no tolerance, so rounding must not matter
    for circle in circles:
        circle[:2] = x, y = [min(max(place, 0.001), 0.999) for place in circle[:2]]
        circle[2] = max(0.0001, min(circle[2], x, 1 - x, y, 1 - y))
    for i, a in enumerate(circles):
        for b in circles[:i]:
            overlap = -gap(a, b)
            if overlap > 0:
                share = 1 - overlap / (a[2] + b[2])
                a[2] *= share
                b[2] *= share
    return [[x, y, r * (1 - margin)] for x, y, r in circles]


if __name__ == "__main__":
    main()
