"""Random search for the minimum of a bumpy function, without any seed: skewed noise, and no shared luck."""

import math
import random

TRIES = 40
WIDTH = 3.0
BUMPS = 10.0

lowest = math.inf
for _ in range(TRIES):
    first = random.uniform(-WIDTH, WIDTH)
    second = random.uniform(-WIDTH, WIDTH)
    value = sum(x * x - BUMPS * math.cos(2.0 * math.pi * x) + BUMPS for x in (first, second))
    lowest = min(lowest, value)
print(f"METRIC loss={lowest:.6f}")
