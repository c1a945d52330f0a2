import math
import random
from operator import mul
TOKENS = 27
CONTEXT = 16
WIDTH = 16  # numbers that describe one token on its way through the network
HEADS = 2  # questions that a token asks of the tokens before it
LAYERS = 1
MLP_RATIO = 4  # hidden neurons for each unit of WIDTH
TIED_EMBEDDINGS = False  # one table both to read tokens and to predict them
INIT_STD = 0.25  # 1 / sqrt(WIDTH)
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

def dots(a, b):
    """The inner product of each row of `a` with each row of `b`. Nearly all of the time is spent here."""
    return [[sum(map(mul, p, q)) for q in b] for p in a]

def flip(rows):
    return list(zip(*rows))

def add(a, b):
    return Tensor(plus(a.rows, b.rows), (a, b), lambda g: (g, g))

def linear(x, weights):
    """Each row of `x` times each row of `weights`: a layer of neurons, and how attention compares two tensors."""
    def pull(g):
        return dots(g, flip(weights.rows)), dots(flip(g), flip(x.rows))
    return Tensor(dots(x.rows, weights.rows), (x, weights), pull)

def lookup(table, indices):
    """The row of `table` at each index; a row that is read twice takes the blame twice."""
    def pull(g):
        slope = [[0.0] * len(row) for row in table.rows]
        for index, row in zip(indices, g):
            slope[index] = [s + r for s, r in zip(slope[index], row)]
        return (slope,)
    return Tensor([table.rows[index] for index in indices], (table,), pull)

def relu(x):
    """Nothing for what is negative: without such a bend, layers upon layers would collapse into one."""
    def pull(g):
        return ([[s if v > 0 else 0.0 for v, s in zip(*both)] for both in zip(x.rows, g)],)
    return Tensor([[v if v > 0 else 0.0 for v in row] for row in x.rows], (x,), pull)

def norm(x):
    """Each row scaled to a mean square of 1, so that no layer has to fear the size of what it gets."""
    size = len(x.rows[0])
    scales = [(sum(map(mul, row, row)) / size + 1e-5) ** -0.5 for row in x.rows]
    out = [[v * scale for v in row] for row, scale in zip(x.rows, scales)]
    def pull(g):
        along = [sum(map(mul, row, slope)) / size for row, slope in zip(out, g)]
        return ([[scale * (s - a * v) for v, s in zip(*both)] for *both, a, scale in zip(out, g, along, scales)],)
    return Tensor(out, (x,), pull)

def softmax(row):
    """Any numbers to chances that sum to 1."""
    top = max(row)
    powers = [math.exp(v - top) for v in row]
    total = sum(powers)
    return [power / total for power in powers]

def look_back(scores, scale):
    """Row i, scaled, to chances over columns 0 to i: a token must not see what comes after it."""
    rows = [[v * scale for v in row[:i + 1]] for i, row in enumerate(scores.rows)]
    out = [softmax(row) + [0.0] * (len(rows) - len(row)) for row in rows]
    def pull(g):
        mean = [sum(map(mul, row, slope)) for row, slope in zip(out, g)]
        return ([[scale * v * (s - m) for v, s in zip(*both)] for *both, m in zip(out, g, mean)],)
    return Tensor(out, (scores,), pull)

def surprise(logits, targets):
    """The loss: -ln of the chance given to what really came next, summed over the tokens."""
    chances = [softmax(row) for row in logits.rows]
    def pull(g):
        return ([[g[0][0] * (c - (i == target)) for i, c in enumerate(row)] for row, target in zip(chances, targets)],)
    return Tensor([[-sum(math.log(row[target]) for row, target in zip(chances, targets))]], (logits,), pull)

def attend(x, weights, head):
    """Each token compares its query with the keys of the tokens so far and takes the values of those that match."""
    query, key = linear(x, weights["query" + head]), linear(x, weights["key" + head])
    value = linear(weights["value" + head], x)  # lying on its side: a column for each token
    chances = look_back(linear(query, key), scale=(WIDTH // HEADS) ** -0.5)
    return linear(linear(chances, value), weights["mix" + head])
