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
