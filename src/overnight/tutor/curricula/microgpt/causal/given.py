import math
from operator import mul
tape = []  # every tensor that an operation made, oldest first

class Tensor:
    """A matrix, as a list of rows, that remembers what it was made from.

    `slope` says how much the loss rises for each of its numbers. `pull` turns that into the slope of each parent: the
    chain rule for one operation. Weights have no parents, and their slope is what training is after.
    """
    def __init__(self, rows, parents=(), pull=None):
        self.rows, self.parents, self.pull, self.slope = rows, parents, pull, None
        if pull:
            tape.append(self)

def backward(loss, slope=1.0):
    """Find the slope of everything that `loss` was made from, last operation first; empties the tape."""
    loss.slope = [[slope]]
    while tape:
        tensor = tape.pop()
        for parent, share in zip(tensor.parents, tensor.pull(tensor.slope)):
            parent.slope = plus(parent.slope, share) if parent.slope else share

def plus(a, b):
    return [[x + y for x, y in zip(p, q)] for p, q in zip(a, b)]

def add(a, b):
    return Tensor(plus(a.rows, b.rows), (a, b), lambda g: (g, g))

def dots(a, b):
    """The inner product of each row of `a` with each row of `b`. Nearly all of the time is spent here."""
    return [[sum(map(mul, p, q)) for q in b] for p in a]

def flip(rows):
    return list(zip(*rows))

def linear(x, weights):
    """Each row of `x` times each row of `weights`: a layer of neurons, and how attention compares two tensors."""
    def pull(g):
        return dots(g, flip(weights.rows)), dots(flip(g), flip(x.rows))
    return Tensor(dots(x.rows, weights.rows), (x, weights), pull)

def softmax(row):
    """Any numbers to chances that sum to 1."""
    top = max(row)
    powers = [math.exp(v - top) for v in row]
    total = sum(powers)
    return [power / total for power in powers]
