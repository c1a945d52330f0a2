"""A small lab: fits a line by gradient descent to noisy data drawn from the seed; prints the loss on other data."""

import random
import sys

RATE = 0.05
STEPS = 60
POINTS = 24
OFFSET = 17

draw = random.Random(int(sys.argv[1]) + OFFSET)
slope = draw.gauss(0.0, 0.5)
shift = draw.gauss(0.0, 0.5)
points = [(x, 1.5 * x - 0.5 + draw.gauss(0.0, 0.4)) for x in (draw.uniform(-1.0, 1.0) for _ in range(POINTS))]
held_out = [(x, 1.5 * x - 0.5 + draw.gauss(0.0, 0.4)) for x in (draw.uniform(-1.0, 1.0) for _ in range(POINTS))]
for _ in range(STEPS):
    x, y = draw.choice(points)
    error = slope * x + shift - y
    slope -= RATE * error * x
    shift -= RATE * error
loss = sum((slope * x + shift - y) ** 2 for x, y in held_out) / len(held_out)
print(f"METRIC loss={loss:.6f}")
