"""The definition of a valid packing. Frozen.

Everything is computed with fractions: a float is a fraction, so nothing is rounded, and there is no tolerance that
circles could overlap by. Packings that are only good "to nine digits" have led record tables astray.
"""

import json
from fractions import Fraction
from itertools import combinations

CIRCLES = 26
LARGEST_FILE = 10_000  # characters; 26 circles need about 1,600

Circle = list[float]  # x, y and radius


class NoPacking(Exception):
    """What is wrong with a file of circles."""


def read_packing(text: str) -> list[Circle]:
    """The circles of a JSON file, with only finite numbers in them.

    Raises:
        NoPacking: it is anything else.
    """
    if len(text) > LARGEST_FILE:
        raise NoPacking(f"the file is longer than {LARGEST_FILE} characters")
    try:
        circles = json.loads(text, parse_constant=_refuse)
    except (ValueError, RecursionError):  # not JSON, NaN or Infinity
        raise NoPacking("the file is not JSON, or has NaN or Infinity in it") from None
    if type(circles) is not list or len(circles) != CIRCLES:
        raise NoPacking(f"there must be a list of {CIRCLES} circles")
    if not all(type(circle) is list and len(circle) == 3 and all(map(_is_number, circle)) for circle in circles):
        raise NoPacking("each circle must be [x, y, radius], three finite numbers")
    return circles


def total(circles: list[Circle]) -> Fraction:
    """The sum of the radii, exactly.

    Raises:
        NoPacking: a circle is not inside the square, or two overlap by however little.
    """
    exact = [tuple(map(Fraction, circle)) for circle in circles]
    for i, (x, y, r) in enumerate(exact):
        if r <= 0:
            raise NoPacking(f"circle {i} has no positive radius")
        if min(x, y, 1 - x, 1 - y) < r:
            raise NoPacking(f"circle {i} is not inside the square")
    for (i, (x, y, r)), (j, (u, v, q)) in combinations(enumerate(exact), 2):
        if (x - u) ** 2 + (y - v) ** 2 < (r + q) ** 2:
            raise NoPacking(f"circles {i} and {j} overlap")
    return sum(r for _, _, r in exact)


def _is_number(value: object) -> bool:
    # True is an int in Python, and 1e999 is an infinite float in JSON
    return type(value) in (int, float) and abs(value) < 2


def _refuse(constant: str) -> None:
    raise ValueError(constant)
