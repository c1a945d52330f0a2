"""How visitors react to a price; hidden from the policy, as in reality.

A visitor who wants the thing at all buys it if the price is below what it is worth to them. Most buy one, a few buy for
a whole office: the number follows a power law, so that the income of a day hangs on a handful of orders. This is the noise
which makes every single comparison worthless.
"""

import math
import random
from collections.abc import Sequence
from itertools import accumulate

from visitors import Visitor

INTENT = 0.04  # share of visitors who want the product
WORTH, SPREAD = 48.0, 0.35  # median in euros, and how much it varies (of its logarithm)
POWER, MOST_UNITS = 1.3, 150  # an order of n units is n ** -(1 + POWER) times as frequent as one of 1
UNITS = [units ** -(1 + POWER) for units in range(1, MOST_UNITS + 1)]
UNITS_SO_FAR = list(accumulate(UNITS))
MEAN_UNITS = sum(n * weight for n, weight in enumerate(UNITS, 1)) / UNITS_SO_FAR[-1]


def worth(visitor: Visitor) -> float:
    """The median of what the product is worth to visitors of this kind. Newsletter, night and weekend do not matter."""
    region = {"north": 1.3, "east": 1.0, "south": 0.6, "west": 1.0}[visitor.region]
    kind = (0.7 if visitor.mobile else 1.4) * (1.5 if visitor.returning else 1)
    return WORTH * region * kind * (1 + 0.02 * min(visitor.pages, 10))


def seen(price: float) -> float:
    """The price as people read it: 39.99 looks one percent less than it is."""
    return price * 0.99 if round(price % 1, 2) == 0.99 else price


def visit(visitors: Sequence[Visitor], prices: Sequence[float], seed: str) -> tuple[float, float]:
    """Revenue per 1,000 visitors and the share of visitors who buy, on one random day.

    The same seed gives the same people with the same wishes whatever the prices, so that two policies can be compared on
    the very same day.
    """
    draw = random.Random(seed)
    revenue, buyers = 0.0, 0
    for visitor, price in zip(visitors, prices, strict=True):
        wants, taste = draw.random() < INTENT, draw.gauss(0, 1)
        units = draw.choices(range(1, MOST_UNITS + 1), cum_weights=UNITS_SO_FAR)[0]
        if wants and seen(price) <= worth(visitor) * math.exp(SPREAD * taste):
            revenue += price * units
            buyers += 1
    return 1000 * revenue / len(visitors), buyers / len(visitors)


def expected(visitors: Sequence[Visitor], prices: Sequence[float]) -> float:
    """The revenue per 1,000 visitors that these prices bring on average over all days: the truth behind the noise."""
    total = 0.0
    for visitor, price in zip(visitors, prices, strict=True):
        beyond = math.log(seen(price) / worth(visitor)) / SPREAD
        total += price * INTENT * MEAN_UNITS * math.erfc(beyond / math.sqrt(2)) / 2
    return 1000 * total / len(visitors)
