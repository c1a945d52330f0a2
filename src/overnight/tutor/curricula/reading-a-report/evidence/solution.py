import math

# From the report of your campaign, as numbers.
EXPERIMENTS = 3  # how many were made
KEPT = 2  # how many of these were kept
E = 673  # e-value of the first change that was kept; over 1,000,000: 1_000_000
REQUIRED = 644  # what that e-value had to reach


def share(test):
    """The share of the error budget of a test, counted from 1; all shares together are less than 1."""
    return math.log(20.5) / ((test + 20) * math.log(test + 20) ** 2)


def evidence(gains, bet):
    """The pot after these pairs; it begins at 1."""
    pot = 1
    for gain in gains:
        if gain > 0:
            pot *= 1 + bet
        elif gain < 0:
            pot *= 1 - bet
    return pot


def stop_after(gains, bet, bar):
    """After how many pairs the pot is at the bar or above for the first time; None: it never is."""
    for i in range(len(gains)):
        if evidence(gains[:i + 1], bet) >= bar:
            return i + 1
    return None


def luck(e):
    """The chance with which a change that does nothing ever reaches this e-value, at most."""
    return min(1, 1 / e)


def required(test, keeps, error_rate):
    """What E has to reach in a test, counted from 1, when so many changes were kept before it."""
    return 1 / (error_rate * share(test) * (keeps + 1))
