import math


def spread(runs):
    """The standard deviation of one run, estimated from several runs of the same program."""
    ...


def lead(before, after, sigma, direction):
    """The gain of one run over another, in standard deviations of such a difference; positive is better.

    `direction` is "minimize" or "maximize", `sigma` the standard deviation of ONE run.
    """
    ...


def by_luck(runs, gain):
    """Of all ways to take two of these runs of one program, in order, the share in which the second leads by `gain` or more."""
    ...
