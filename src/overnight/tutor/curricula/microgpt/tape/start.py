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
    """The sum of two matrices, each a list of rows; a new matrix."""
    ...


def add(a, b):
    """The sum of two tensors, as a tensor that remembers both. A change of a, or of b, changes the sum as much."""
    return Tensor(plus(a.rows, b.rows), (a, b), lambda g: ...)


def times(a, b):
    """Each number of `a` times the one of `b` in the same place."""
    def pull(g):
        """From the slope of the product to the slope of a and the slope of b."""
        ...
    return Tensor(..., (a, b), pull)


def backward(loss, slope=1.0):
    """Find the slope of everything that `loss` was made from, last operation first; empties the tape."""
    ...
