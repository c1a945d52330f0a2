from given_adam import *

def adam(weights, memory, step, rate):
    """Move each weight against its mean slope, measured by how large its slopes are; then forget the slopes.

    `weights`: tensors by name, each with its slope. `memory`: empty at first, for what you want to remember, by name. `step`: 1, 2, 3 ...
    """
    for name, tensor in weights.items():
        means, squares = memory.setdefault(name, [[[0.0] * len(row) for row in tensor.rows] for _ in range(2)])
        ...
