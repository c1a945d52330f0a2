"""An operation knows its slope without knowing what comes after it.

(a * b) * c: the slope for a is b * c. What comes after multiplies it: that is the chain rule.
"""

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


def plus(a, b):
    return [[x + y for x, y in zip(p, q)] for p, q in zip(a, b)]


def add(a, b):
    return Tensor(plus(a.rows, b.rows), (a, b), lambda g: (g, g))


def times(a, b):
    """Each number of `a` times the one of `b` in the same place."""
    def pull(g):
        to_a = [list(row) for row in b.rows]
        to_b = [list(row) for row in a.rows]
        return to_a, to_b
    return Tensor([[v * w for v, w in zip(*both)] for both in zip(a.rows, b.rows)], (a, b), pull)


def backward(loss, slope=1.0):
    """Find the slope of everything that `loss` was made from, last operation first; empties the tape."""
    loss.slope = [[slope]]
    while tape:
        tensor = tape.pop()
        for parent, share in zip(tensor.parents, tensor.pull(tensor.slope)):
            parent.slope = plus(parent.slope, share) if parent.slope else share
