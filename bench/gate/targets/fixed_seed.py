"""A target that ignores the trial's seed and uses its own: every other seed gives another result."""

import random

SEED = 1

random.seed(SEED)
print(f"METRIC loss={random.gauss(10.0, 1.0):.6f}")
