"""Rows of x are multiplied with columns of the weights.

In train.py a neuron is a row: three neurons for two inputs are a (3, 2) matrix.
"""
from given_neuron import *

def dots(a, b):
    """The inner product of each row of `a` with each row of `b`. Nearly all of the time is spent here."""
    return [[sum(map(mul, p, q)) for q in zip(*b)] for p in a]


def flip(rows):
    return list(zip(*rows))


def linear(x, weights):
    """Each row of `x` times each row of `weights`: a layer of neurons, and how attention compares two tensors."""
    def pull(g):
        return dots(g, flip(weights.rows)), dots(flip(g), flip(x.rows))
    return Tensor(dots(x.rows, weights.rows), (x, weights), pull)


def relu(x):
    """Nothing for what is negative: without such a bend, layers upon layers would collapse into one."""
    def pull(g):
        return ([[s if v > 0 else 0.0 for v, s in zip(*both)] for both in zip(x.rows, g)],)
    return Tensor([[v if v > 0 else 0.0 for v in row] for row in x.rows], (x,), pull)
