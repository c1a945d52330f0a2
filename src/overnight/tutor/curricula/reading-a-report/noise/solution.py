import math


def spread(runs):
    """The standard deviation of one run, estimated from several runs of the same program."""
    mean = sum(runs) / len(runs)
    return math.sqrt(sum((run - mean) ** 2 for run in runs) / (len(runs) - 1))


def lead(before, after, sigma, direction):
    """The gain of one run over another, in standard deviations of such a difference; positive is better.

    `direction` is "minimize" or "maximize", `sigma` the standard deviation of ONE run.
    """
    gain = after - before if direction == "maximize" else before - after
    return gain / (sigma * math.sqrt(2))


def by_luck(runs, gain):
    """Of all ways to take two of these runs of one program, in order, the share in which the second leads by `gain` or more."""
    n = len(runs)
    found = sum(runs[j] - runs[i] >= gain for i in range(n) for j in range(n) if i != j)
    return found / (n * (n - 1))
