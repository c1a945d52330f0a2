import math

# From the report of your campaign (overnight report), as numbers.
EXPERIMENTS = ...  # how many were made
KEPT = ...  # how many of these were kept
HEAD = ...  # val_loss of what is kept in the end


def could_be_noise(difference, sigma):
    """Whether a difference between one run of each of two versions is within two standard deviations of such a difference.

    `sigma` is the standard deviation of ONE run.
    """
    ...


def pairs_needed(effect, sigma):
    """The smallest number of pairs of runs whose mean difference has two standard deviations of at most `effect`."""
    ...


def is_proven(low, high):
    """Whether a gain with this interval, positive is better, is an improvement."""
    ...
