"""Every experiment of the night is an improvement.

Most ideas do not help: of 24 experiments, 3 were kept here. That is the normal case, and why each is tested.
"""

import math

# From the report of your campaign (overnight report), as numbers.
EXPERIMENTS = 24  # how many were made
KEPT = 24  # how many of these were kept
HEAD = 2.187  # val_loss of what is kept in the end


def could_be_noise(difference, sigma):
    """Whether a difference between one run of each of two versions is within two standard deviations of such a difference."""
    return abs(difference) <= 2 * math.sqrt(2) * sigma


def pairs_needed(effect, sigma):
    """The smallest number of pairs of runs whose mean difference has two standard deviations of at most `effect`."""
    return math.ceil((2 * math.sqrt(2) * sigma / effect) ** 2)


def is_proven(low, high):
    """Whether a gain with this interval, positive is better, is an improvement."""
    return low > 0
