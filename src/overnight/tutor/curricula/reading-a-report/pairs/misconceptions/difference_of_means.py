"""Each pair gains what the means differ by.

The mean is the same, but not the scatter: gains of 1, 1, 1 and of -9, 1, 11 have one mean, and only the first are sure.
"""
import math


def order(coins):
    """Who runs, "head" or "candidate", run by run: a pair for each coin, in which the candidate is first if it is True."""
    runs = []
    for candidate_first in coins:
        runs += ["candidate", "head"] if candidate_first else ["head", "candidate"]
    return runs


def gains(runs, direction):
    """The gain of each pair, positive is better; `runs` are ["head" or "candidate", value], in the order in which they ran.

    `direction` is "minimize" or "maximize".
    """
    found = []
    for first, second in zip(runs[::2], runs[1::2]):
        values = dict([first, second])
        gain = values["candidate"] - values["head"]
        found.append(gain if direction == "maximize" else -gain)
    return [sum(found) / len(found)] * len(found)


def error(gains):
    """The standard error of the mean of these gains."""
    n = len(gains)
    mean = sum(gains) / n
    return math.sqrt(sum((gain - mean) ** 2 for gain in gains) / (n - 1)) / math.sqrt(n)
