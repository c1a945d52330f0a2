"""The slope of x comes from x.

y = x * w at x = 2, w = 3: one more x is w more y. The slope for x is 3; the slope for w is 2.
"""
from given_neuron import *

def dots(a, b):
    """The inner product of each row of `a` with each row of `b`. Nearly all of the time is spent here."""
    return [[sum(map(mul, p, q)) for q in b] for p in a]


def flip(rows):
    return list(zip(*rows))


def linear(x, weights):
    """Each row of `x` times each row of `weights`: a layer of neurons, and how attention compares two tensors."""
    def pull(g):
        return [[sum(row) * v for v in xs] for row, xs in zip(g, x.rows)], [[sum(row) * v for v in ws] for row, ws in zip(flip(g), weights.rows)]
    return Tensor(dots(x.rows, weights.rows), (x, weights), pull)


def relu(x):
    """Nothing for what is negative: without such a bend, layers upon layers would collapse into one."""
    def pull(g):
        return ([[s if v > 0 else 0.0 for v, s in zip(*both)] for both in zip(x.rows, g)],)
    return Tensor([[v if v > 0 else 0.0 for v in row] for row in x.rows], (x,), pull)
