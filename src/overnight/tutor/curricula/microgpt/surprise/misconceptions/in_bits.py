"""ln and log2 are the same.

A chance of 1/2 is 1 bit and 0.693 nats. The loss of this course is in nats.
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
    return sum(-math.log2(softmax(row)[target]) for row, target in zip(rows, targets)) / len(targets)


def bits(nats):
    """The same surprise in bits."""
    return nats / math.log(2)
