"""The loss is what is missing from chance 1.

Then 0.01 and 0.0001 cost nearly the same, 0.99 and 0.9999, though one of them is a hundred times as sure of something
false.
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
    return sum(1 - softmax(row)[target] for row, target in zip(rows, targets)) / len(targets)


def bits(nats):
    """The same surprise in bits."""
    return nats / math.log(2)
