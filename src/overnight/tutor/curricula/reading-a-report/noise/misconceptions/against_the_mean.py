"""What counts is how often a run is above the mean by that much.

The run before was also luck: it may lie below the mean. 9, 11, 9, 11, 10: no run is 2 above 10, but 11 is 2 above 9.
"""
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
    return sum(run - sum(runs) / n >= gain for run in runs) / n
