"""Who comes to the shop: drawn from the trial's seed. Frozen."""

import random
from dataclasses import dataclass

REGIONS = ("north", "east", "south", "west")
VISITORS = 40_000  # in one trial


@dataclass(frozen=True)
class Visitor:
    """All that the shop knows when it has to set a price."""

    region: str
    mobile: bool
    returning: bool
    newsletter: bool
    weekend: bool
    hour: int  # 0 to 23
    pages: int  # viewed before this one


def make_visitors(seed: int) -> list[Visitor]:
    """The visitors of a trial, in the order in which they come."""
    draw = random.Random(seed)
    return [
        Visitor(
            region=draw.choices(REGIONS, (4, 3, 2, 1))[0],
            mobile=draw.random() < 0.6,
            returning=draw.random() < 0.3,
            newsletter=draw.random() < 0.2,
            weekend=draw.random() < 2 / 7,
            hour=draw.randrange(24),
            pages=int(draw.expovariate(0.4)),
        )
        for _ in range(VISITORS)
    ]
