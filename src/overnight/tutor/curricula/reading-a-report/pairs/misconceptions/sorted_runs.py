"""What belongs together is found by sorting: the best of each, the second best of each.

A pair is what ran together. Sorted, a slow hour of the one meets a fast hour of the other.
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
    heads = sorted(run for run in runs if run[0] == "head")
    others = sorted(run for run in runs if run[0] == "candidate")
    for first, second in zip(heads, others):
        values = dict([first, second])
        gain = values["candidate"] - values["head"]
        found.append(gain if direction == "maximize" else -gain)
    return found


def error(gains):
    """The standard error of the mean of these gains."""
    n = len(gains)
    mean = sum(gains) / n
    return math.sqrt(sum((gain - mean) ** 2 for gain in gains) / (n - 1)) / math.sqrt(n)
