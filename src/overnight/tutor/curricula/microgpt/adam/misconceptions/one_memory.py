"""All weights share one memory.

Each number needs its own two means, or a weight is measured by the slopes of others.
"""
from given_adam import *

def adam(weights, memory, step, rate):
    """Move each weight against its mean slope, measured by how large its slopes are; then forget the slopes."""
    pace, unbias, keep = rate / (1 - BETA1**step), (1 - BETA2**step) ** -0.5, 1 - rate * WEIGHT_DECAY
    for name, tensor in weights.items():
        means, squares = memory.setdefault("all", [[[0.0] * len(row) for row in tensor.rows] for _ in range(2)])
        for i, (row, slope) in enumerate(zip(tensor.rows, tensor.slope)):
            means[i] = [BETA1 * m + (1 - BETA1) * s for m, s in zip(means[i], slope)]
            squares[i] = [BETA2 * q + (1 - BETA2) * s * s for q, s in zip(squares[i], slope)]
            both = zip(row, means[i], squares[i])
            tensor.rows[i] = [keep * w - pace * m / (unbias * q**0.5 + 1e-8) for w, m, q in both]
        tensor.slope = None
