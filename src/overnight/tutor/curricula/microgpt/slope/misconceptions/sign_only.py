"""Only the direction counts: each number moves by the rate.

At a slope of 0.001 the step must be small too. (Adam, later, is nearer to this idea.)
"""

def slope(f, x, i, h=1e-5):
    """How much f(x) rises per unit of x[i], measured: move x[i] by h up and down. x is a list; afterwards it is as it was."""
    above, below = list(x), list(x)
    above[i] += h
    below[i] -= h
    return (f(above) - f(below)) / (2 * h)


def descend(f, x, rate, steps):
    """A new list: x after so many steps, each of which moves all numbers by `rate` times their slope, downhill."""
    for _ in range(steps):
        slopes = [slope(f, x, i) for i in range(len(x))]
        x = [v - rate * ((s > 0) - (s < 0)) for v, s in zip(x, slopes)]
    return x
