import math


def order(coins):
    """Who runs, "head" or "candidate", run by run: a pair for each coin, in which the candidate is first if it is True."""
    ...


def gains(runs, direction):
    """The gain of each pair, positive is better; `runs` are ["head" or "candidate", value], in the order in which they ran.

    `direction` is "minimize" or "maximize".
    """
    ...


def error(gains):
    """The standard error of the mean of these gains."""
    ...
