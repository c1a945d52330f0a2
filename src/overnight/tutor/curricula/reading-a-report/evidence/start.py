import math

# From the report of your campaign, as numbers.
EXPERIMENTS = ...  # how many were made
KEPT = ...  # how many of these were kept
E = ...  # e-value of the first change that was kept; over 1,000,000: 1_000_000
REQUIRED = ...  # what that e-value had to reach


def share(test):
    """The share of the error budget of a test, counted from 1; all shares together are less than 1."""
    return math.log(20.5) / ((test + 20) * math.log(test + 20) ** 2)


def evidence(gains, bet):
    """The pot after these pairs; it begins at 1."""
    ...


def stop_after(gains, bet, bar):
    """After how many pairs the pot is at the bar or above for the first time; None: it never is."""
    ...


def luck(e):
    """The chance with which a change that does nothing ever reaches this e-value, at most."""
    ...


def required(test, keeps, error_rate):
    """What E has to reach in a test, counted from 1, when so many changes were kept before it."""
    ...
