from given_surprise import *

def softmax(row):
    """Any numbers (logits) to chances that sum to 1, for large numbers too."""
    ...


def mean_surprise(rows, targets):
    """Nats per token: the mean of -ln of the chance that each row of logits gives to its target."""
    ...


def bits(nats):
    """The same surprise in bits."""
    ...
