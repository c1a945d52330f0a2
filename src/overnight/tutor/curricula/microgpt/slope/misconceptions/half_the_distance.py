"""From x - h to x + h is a distance of h.

It is 2 * h: f = 3 * x would get a slope of 6.
"""

def slope(f, x, i, h=1e-5):
    """How much f(x) rises per unit of x[i], measured: move x[i] by h up and down. x is a list; afterwards it is as it was."""
    above, below = list(x), list(x)
    above[i] += h
    below[i] -= h
    return (f(above) - f(below)) / h


def descend(f, x, rate, steps):
    """A new list: x after so many steps, each of which moves all numbers by `rate` times their slope, downhill."""
    for _ in range(steps):
        slopes = [slope(f, x, i) for i in range(len(x))]
        x = [v - rate * s for v, s in zip(x, slopes)]
    return x
