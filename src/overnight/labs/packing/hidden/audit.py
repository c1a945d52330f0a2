"""A second opinion on circles.json, computed in another way: a bug in `rules.py` is not a bug here.

Every finite float is a whole number of units of 2**-1074, so this is a question about whole numbers, and integers are all
that is used.
"""

import ast
import math
import sys
from pathlib import Path

UNIT = 2**1074  # of them make 1


def units(number: float) -> int:
    numerator, denominator = float(number).as_integer_ratio()
    return numerator * (UNIT // denominator)


def audit(text: str) -> float:
    """The sum of the radii of circles that are a packing."""
    circles = ast.literal_eval(text)  # not json's reader
    require(len(circles) == 26, "there are not 26 circles")
    require({type(number) for circle in circles for number in circle} <= {int, float}, "not everything is a number")
    placed: list[list[int]] = []
    for circle in circles:
        x, y, r = map(units, circle)
        require(r > 0, "a radius is not positive")
        require(r <= x <= UNIT - r and r <= y <= UNIT - r, "a circle leaves the square")
        for u, v, q in placed:
            require(math.isqrt((x - u) ** 2 + (y - v) ** 2) >= r + q, "two circles overlap")  # exact: r + q is whole
        placed.append([x, y, r])
    return sum(r for _, _, r in placed) / UNIT


def require(holds: bool, otherwise: str) -> None:
    if not holds:
        raise ValueError(otherwise)


if __name__ == "__main__":
    try:
        print(f"METRIC sum_of_radii={audit(Path('circles.json').read_text(encoding='ascii')):.12f}")
    except (ValueError, TypeError, SyntaxError, OverflowError) as error:
        sys.exit(f"the audit refuses: {error}")
