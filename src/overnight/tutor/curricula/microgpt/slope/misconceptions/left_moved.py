"""x may stay where the measurement put it.

The next slope would be measured somewhere else, and the caller's numbers have changed.
"""

def slope(f, x, i, h=1e-5):
    """How much f(x) rises per unit of x[i], measured: move x[i] by h up and down. x is a list; afterwards it is as it was."""
    x[i] += h
    above = f(x)
    x[i] -= 2 * h
    return (above - f(x)) / (2 * h)


def descend(f, x, rate, steps):
    """A new list: x after so many steps, each of which moves all numbers by `rate` times their slope, downhill."""
    for _ in range(steps):
        slopes = [slope(f, x, i) for i in range(len(x))]
        x = [v - rate * s for v, s in zip(x, slopes)]
    return x
