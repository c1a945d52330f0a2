"""A whole GPT with nothing but Python: autograd, network, optimizer, training, sampling.

It reads invented words, learns what follows what, and leaves its weights in model.json.
Try it: python train.py --seed 1 --budget 20000000 --sample 10
"""
import argparse
import json
import math
import random
from operator import mul

from prepare import CONTEXT, END, LETTERS, TOKENS, encode, price, training_words

# The network; program.md says what the scorer can read.
WIDTH = 16  # numbers that describe one token on its way through the network
HEADS = 2  # questions that a token asks of the tokens before it
LAYERS = 1
MLP_RATIO = 4  # hidden neurons for each unit of WIDTH
TIED_EMBEDDINGS = False  # one table both to read tokens and to predict them
INIT_STD = 0.25  # 1 / sqrt(WIDTH)
# The training.
BATCH_WORDS = 8
LEARNING_RATE = 0.02
WARMUP = 0.1  # share of the budget in which the rate rises
FINAL_RATE = 0.0  # what is left of the rate at the end
BETA1 = 0.9  # memory of Adam's mean slope
BETA2 = 0.999  # memory of its mean squared slope
WEIGHT_DECAY = 0.01

# ---- 1. Autograd: matrices that remember how they were made ----------------------------------------------------------
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

# ---- 2. The network --------------------------------------------------------------------------------------------------
def make_weights():
    per_head = WIDTH // HEADS
    shapes = {"token": (TOKENS, WIDTH), "position": (CONTEXT, WIDTH)}
    shapes |= {} if TIED_EMBEDDINGS else {"out": (TOKENS, WIDTH)}
    for layer in range(LAYERS):
        for head in range(HEADS):
            shapes |= {f"{part}{layer}.{head}": (per_head, WIDTH) for part in ("query", "key", "value")}
            shapes |= {f"mix{layer}.{head}": (WIDTH, per_head)}
        shapes |= {f"up{layer}": (MLP_RATIO * WIDTH, WIDTH), f"down{layer}": (WIDTH, MLP_RATIO * WIDTH)}
    return {name: Tensor([[random.gauss(0, INIT_STD) for _ in range(n)] for _ in range(m)])
            for name, (m, n) in shapes.items()}

def attend(x, weights, head):
    """Each token compares its query with the keys of the tokens so far and takes the values of those that match."""
    query, key = linear(x, weights["query" + head]), linear(x, weights["key" + head])
    value = linear(weights["value" + head], x)  # lying on its side: a column for each token
    chances = look_back(linear(query, key), scale=(WIDTH // HEADS) ** -0.5)
    return linear(linear(chances, value), weights["mix" + head])

def predict(weights, tokens):
    """For each token, a logit for each token that may follow it."""
    x = norm(add(lookup(weights["token"], tokens), lookup(weights["position"], range(len(tokens)))))
    for layer in range(LAYERS):
        seen = norm(x)
        for head in range(HEADS):
            x = add(x, attend(seen, weights, f"{layer}.{head}"))
        x = add(x, linear(relu(linear(norm(x), weights[f"up{layer}"])), weights[f"down{layer}"]))
    return linear(norm(x), weights["token" if TIED_EMBEDDINGS else "out"])

# ---- 3. Adam ---------------------------------------------------------------------------------------------------------
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

# ---- 4. Training and sampling ----------------------------------------------------------------------------------------
def train(weights, words, budget):
    """Read batch after batch until the budget is spent; the learning rate rises at first and falls ever after."""
    size, memory, spent, step = sum(len(t.rows) * len(t.rows[0]) for t in weights.values()), {}, 0, 0
    while spent < budget:
        batch = [encode(words[(step * BATCH_WORDS + i) % len(words)]) for i in range(BATCH_WORDS)]
        count = sum(len(tokens) - 1 for tokens in batch)
        for tokens in batch:
            backward(surprise(predict(weights, tokens[:-1]), tokens[1:]), 1 / count)
        step, spent = step + 1, spent + price(size, count)
        progress = min(1.0, spent / budget)
        adam(weights, memory, step, LEARNING_RATE * min(progress / max(WARMUP, 1e-9), 1 - (1 - FINAL_RATE) * progress))
    print(f"{step * BATCH_WORDS} words in {step} steps for {size} weights")

def sample(weights, temperature=0.8):
    """Make up a word: predict, draw, append, again."""
    tokens = [END]
    while len(tokens) <= CONTEXT and END not in tokens[1:]:
        logits = predict(weights, tokens).rows[-1]
        tokens += random.choices(range(TOKENS), softmax([v / temperature for v in logits]))
    tape.clear()
    return "".join(LETTERS[token] for token in tokens if token != END)

def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--seed", type=int, required=True, help="of the first weights and the order of words")
    parser.add_argument("--budget", type=int, required=True, help="of training, by the price list in prepare.py")
    parser.add_argument("--sample", type=int, default=0, help="how many words to make up at the end")
    arguments = parser.parse_args()
    random.seed(arguments.seed)
    words, weights = training_words(random), make_weights()
    train(weights, words, arguments.budget)
    with open("model.json", "w", encoding="ascii") as file:
        json.dump({name: tensor.rows for name, tensor in weights.items()}, file)
    for _ in range(arguments.sample):
        print(sample(weights))

if __name__ == "__main__":
    main()
