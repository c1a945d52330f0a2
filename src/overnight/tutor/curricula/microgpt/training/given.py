import math
from operator import mul
LETTERS = "abcdefghijklmnopqrstuvwxyz"
END = len(LETTERS)
TOKENS = END + 1
BATCH_WORDS = 8
LEARNING_RATE = 0.02
WARMUP = 0.1  # share of the budget in which the rate rises
FINAL_RATE = 0.0  # what is left of the rate at the end
BETA1 = 0.9  # memory of Adam's mean slope
BETA2 = 0.999  # memory of its mean squared slope
WEIGHT_DECAY = 0.01

def encode(word):
    """A word as tokens: END, its letters, END."""
    return [END, *map(LETTERS.index, word), END]

def price(parameters, tokens):
    """What it costs to learn from so many tokens with so many weights."""
    return tokens * (parameters + 1500)

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

def surprise(logits, targets):
    """The loss: -ln of the chance given to what really came next, summed over the tokens."""
    chances = [softmax(row) for row in logits.rows]
    def pull(g):
        return ([[g[0][0] * (c - (i == target)) for i, c in enumerate(row)] for row, target in zip(chances, targets)],)
    return Tensor([[-sum(math.log(row[target]) for row, target in zip(chances, targets))]], (logits,), pull)

def adam(weights, memory, step, rate):
    """Move each weight against its mean slope, measured by how large its slopes are; then forget the slopes."""
    pace, unbias, keep = rate / (1 - BETA1**step), (1 - BETA2**step) ** -0.5, 1 - rate * WEIGHT_DECAY
    for name, tensor in weights.items():
        means, squares = memory.setdefault(name, [[[0.0] * len(row) for row in tensor.rows] for _ in range(2)])
        for i, (row, slope) in enumerate(zip(tensor.rows, tensor.slope)):
            means[i] = [BETA1 * m + (1 - BETA1) * s for m, s in zip(means[i], slope)]
            squares[i] = [BETA2 * q + (1 - BETA2) * s * s for q, s in zip(squares[i], slope)]
            both = zip(row, means[i], squares[i])
            tensor.rows[i] = [keep * w - pace * m / (unbias * q**0.5 + 1e-8) for w, m, q in both]
        tensor.slope = None

def predict(weights, tokens):
    """A network of one table, so that everything here runs in an instant: each token's row holds the logits of what follows."""
    return lookup(weights["out"], tokens)

def make_weights():
    """The table of that network."""
    return {"out": Tensor([[0.0] * TOKENS for _ in range(TOKENS)])}
