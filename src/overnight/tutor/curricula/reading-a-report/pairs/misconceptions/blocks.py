"""First all runs of the head, then all of the candidate.

The machine gets 1 s slower with each run: 10, 11, 12, 13, then 14, 15, 16, 17. Nothing was changed, and it looks 4 s worse.
"""
import math


def order(coins):
    """Who runs, "head" or "candidate", run by run: a pair for each coin, in which the candidate is first if it is True."""
    return ["head"] * len(coins) + ["candidate"] * len(coins)


def gains(runs, direction):
    """The gain of each pair, positive is better; `runs` are ["head" or "candidate", value], in the order in which they ran.

    `direction` is "minimize" or "maximize".
    """
    found = []
    for first, second in zip(runs[::2], runs[1::2]):
        values = dict([first, second])
        gain = values["candidate"] - values["head"]
        found.append(gain if direction == "maximize" else -gain)
    return found


def error(gains):
    """The standard error of the mean of these gains."""
    n = len(gains)
    mean = sum(gains) / n
    return math.sqrt(sum((gain - mean) ** 2 for gain in gains) / (n - 1)) / math.sqrt(n)
