import math
import random
LETTERS = "abcdefghijklmnopqrstuvwxyz"
END = len(LETTERS)
TOKENS = END + 1
CONTEXT = 16  # tokens that predict can read
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

def lookup(table, indices):
    """The row of `table` at each index; a row that is read twice takes the blame twice."""
    def pull(g):
        slope = [[0.0] * len(row) for row in table.rows]
        for index, row in zip(indices, g):
            slope[index] = [s + r for s, r in zip(slope[index], row)]
        return (slope,)
    return Tensor([table.rows[index] for index in indices], (table,), pull)

def softmax(row):
    """Any numbers to chances that sum to 1."""
    top = max(row)
    powers = [math.exp(v - top) for v in row]
    total = sum(powers)
    return [power / total for power in powers]

def predict(weights, tokens):
    """A network of one table, so that everything here runs in an instant: each token's row holds the logits of what follows."""
    return lookup(weights["out"], tokens)
