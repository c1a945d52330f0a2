"""The network that program.md describes, as a reader of weights: checks a model.json, then computes what it says of a word.

It runs none of the candidate's code. What a model.json may hold, and how large it may be, is checked before anything is
computed. Frozen; the scorer and `practice.py` both use it.

Not covered: how the weights were found. That is the work of the jail and of the guard in program.md.
"""

import json
import math
import re
from operator import mul
from pathlib import Path

from prepare import CONTEXT, END, LETTERS, TOKENS

MOST_BYTES = 2_000_000
MOST_WEIGHTS = 20_000
MOST_LAYERS = MOST_HEADS = 16
LARGEST = 1e6  # of a weight, without its sign: with the norms in between, nothing can overflow then

NAME = re.compile(r"(token|position|out)|(query|key|value|mix)(\d{1,2})\.(\d{1,2})|(up|down)(\d{1,2})", re.ASCII)

Vector = list[float]
Matrix = list[Vector]
Weights = dict[str, Matrix]


class Rejected(Exception):
    """The model is not one that can be scored; the candidate's fault."""


# ---- The candidate's artifact ----


def load(path: Path) -> Weights:
    """The weights in a file, each a matrix of finite numbers.

    Raises:
        Rejected: it is anything else.
    """
    try:
        with path.open("rb") as file:
            content = file.read(MOST_BYTES + 1)
    except OSError as error:
        raise Rejected(f"no model.json: {error.strerror}") from None
    if len(content) > MOST_BYTES:
        raise Rejected(f"larger than {MOST_BYTES} bytes")
    try:
        loaded = json.loads(content, object_pairs_hook=unique_keys)
    except (ValueError, RecursionError):
        raise Rejected("not JSON") from None
    if type(loaded) is not dict or not loaded:
        raise Rejected("not an object of matrices")
    weights = {name: matrix(name, value) for name, value in loaded.items()}
    if sum(len(rows) * len(rows[0]) for rows in weights.values()) > MOST_WEIGHTS:
        raise Rejected(f"more than {MOST_WEIGHTS} weights")
    return weights


def unique_keys(pairs: list[tuple[str, object]]) -> dict[str, object]:
    found = dict(pairs)
    if len(found) < len(pairs):
        raise Rejected("a key stands there twice")
    return found


def matrix(name: str, value: object) -> Matrix:
    """The matrix of a JSON value: at least one row, all of one length that is not zero."""
    if not NAME.fullmatch(name):
        raise Rejected("a weight by a name that no network has")
    if type(value) is not list or not value or type(value[0]) is not list or not value[0]:
        raise Rejected(f"{name} is not a matrix")
    if any(type(row) is not list or len(row) != len(value[0]) for row in value):
        raise Rejected(f"{name} has rows that differ in length")
    return [[number(name, item) for item in row] for row in value]


def number(name: str, item: object) -> float:
    """A JSON number as a float; true and false are not numbers."""
    if type(item) not in (int, float) or not -LARGEST <= item <= LARGEST:
        raise Rejected(f"{name} holds something else than numbers from -1e6 to 1e6")
    return float(item)


def check_shapes(weights: Weights) -> list[int]:
    """How many heads each layer has, once every matrix is present and has the size that the others require."""
    if "token" not in weights:
        raise Rejected("token is missing")
    width = len(weights["token"][0])
    expect(weights, "token", TOKENS, width)
    expect(weights, "position", CONTEXT, width)
    if "out" in weights:
        expect(weights, "out", TOKENS, width)
    heads = []
    while f"up{len(heads)}" in weights and len(heads) < MOST_LAYERS:
        heads.append(check_layer(weights, len(heads), width))
    used = 2 + ("out" in weights) + sum(2 + 4 * count for count in heads)
    if used != len(weights):
        raise Rejected("weights that belong to no layer or head")
    return heads


def check_layer(weights: Weights, layer: int, width: int) -> int:
    """The number of heads of a layer whose shapes fit."""
    hidden = len(weights[f"up{layer}"])
    expect(weights, f"up{layer}", hidden, width)
    expect(weights, f"down{layer}", width, hidden)
    heads = 0
    while f"query{layer}.{heads}" in weights and heads < MOST_HEADS:
        here = f"{layer}.{heads}"
        size, depth = len(weights[f"query{here}"]), len(weights.get(f"value{here}", ()))
        expect(weights, f"query{here}", size, width)
        expect(weights, f"key{here}", size, width)
        expect(weights, f"value{here}", depth, width)
        expect(weights, f"mix{here}", width, depth)
        heads += 1
    return heads


def expect(weights: Weights, name: str, rows: int, columns: int) -> None:
    if name not in weights:
        raise Rejected(f"{name} is missing")
    found = len(weights[name]), len(weights[name][0])
    if found != (rows, columns):
        raise Rejected(f"{name} is {found[0]} x {found[1]}, not {rows} x {columns}")


# ---- The network, in plain numbers: a word is read token by token, and keys and values are kept ----


def dot(a: Vector, b: Vector) -> float:
    return sum(map(mul, a, b))


def linear(weights: Matrix, x: Vector) -> Vector:
    return [sum(map(mul, row, x)) for row in weights]


def plus(a: Vector, b: Vector) -> Vector:
    return [x + y for x, y in zip(a, b, strict=True)]


def norm(x: Vector) -> Vector:
    scale = (dot(x, x) / len(x) + 1e-5) ** -0.5
    return [v * scale for v in x]


def softmax(x: Vector) -> Vector:
    top = max(x)
    powers = [math.exp(v - top) for v in x]
    total = sum(powers)
    return [power / total for power in powers]


class Reader:
    """Reads one word from its start and says after each token how likely it holds the next ones."""

    def __init__(self, weights: Weights, heads: list[int]) -> None:
        self.weights = weights
        self.heads = heads
        self.position = 0
        self.keys: dict[str, Matrix] = {}
        self.values: dict[str, Matrix] = {}

    def logits_after(self, token: int) -> Vector:
        """The logits of what follows the tokens so far and `token`."""
        x = norm(plus(self.weights["token"][token], self.weights["position"][self.position]))
        self.position += 1
        for layer, heads in enumerate(self.heads):
            seen = norm(x)
            for head in range(heads):
                x = plus(x, self._attend(seen, f"{layer}.{head}"))
            hidden = [max(v, 0.0) for v in linear(self.weights[f"up{layer}"], norm(x))]
            x = plus(x, linear(self.weights[f"down{layer}"], hidden))
        return linear(self.weights["out" if "out" in self.weights else "token"], norm(x))

    def _attend(self, x: Vector, head: str) -> Vector:
        query = linear(self.weights[f"query{head}"], x)
        keys, values = self.keys.setdefault(head, []), self.values.setdefault(head, [])
        keys.append(linear(self.weights[f"key{head}"], x))
        values.append(linear(self.weights[f"value{head}"], x))
        chances = softmax([dot(query, key) * len(query) ** -0.5 for key in keys])
        mixed = [dot(chances, column) for column in zip(*values)]
        return linear(self.weights[f"mix{head}"], mixed)


def word_nats(weights: Weights, heads: list[int], word: str) -> float:
    """-ln of the probability of a whole word and its end; probabilities always sum to 1."""
    reader, total, token = Reader(weights, heads), 0.0, END
    for following in [*map(LETTERS.index, word), END]:
        logits = reader.logits_after(token)
        token = following
        top = max(logits)
        total += math.log(sum(math.exp(v - top) for v in logits)) + top - logits[token]
    return total
