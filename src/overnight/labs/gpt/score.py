"""The scorer: reads the network of a candidate as data, and prints its cost of unseen stories in bits per byte.

It runs none of the candidate's code and needs no PyTorch. The network that it computes is the family that program.md
describes; what the two files may hold, and how large they may be, is checked before anything is computed.

Not covered: how the weights were found. That is the work of the jail and of the guard in program.md.
"""

import argparse
import json
import math
import re
import sys
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from corpus import END, make_language, oracle_bits, read_stories

CONTEXT = 96
MOST_DESCRIBED = 20_000  # bytes of model.json
MOST_WEIGHTS = 160_000
MOST_LAYERS = 8
MOST_HEADS = 16
LARGEST = 1e6  # of a weight, without its sign: with the norms in between, nothing can overflow then
GATE_INPUTS = 12  # units that the gate of a value embedding sees
SURPLUS_BITS = 30.0  # see `check_leak`

SETTINGS = {"rotary_base": (1.0, 1e6), "qk_scale": (1e-3, 100.0), "logit_cap": (1e-3, 1e3)}  # with their bounds; or 0
PER_LAYER = ("query", "key", "value", "mix", "up", "down", "skip", "value_embedding", "value_gate")
NAME = re.compile(rf"token|head|position|({'|'.join(PER_LAYER)})[0-{MOST_LAYERS - 1}]", re.ASCII)

Array = np.ndarray


class Rejected(Exception):
    """The model is not one that can be scored; the candidate's fault."""


@dataclass(frozen=True, kw_only=True)
class Model:
    """A network as read: finite numbers under known names."""

    heads: int
    rotary_base: float  # 0: no rotation
    qk_norm: bool
    qk_scale: float
    logit_cap: float  # 0: none
    weights: dict[str, Array]


# ---- The candidate's artifacts ----


def load(folder: Path) -> Model:
    """The network in a folder.

    Raises:
        Rejected: there is none, or what is there is anything else.
    """
    about = parse(read(folder / "model.json", MOST_DESCRIBED))
    if set(about) != {"heads", "qk_norm", "weights", *SETTINGS}:
        raise Rejected("model.json has keys missing or too many")
    heads, qk_norm, shapes = about["heads"], about["qk_norm"], about["weights"]
    if type(heads) is not int or not 1 <= heads <= MOST_HEADS or type(qk_norm) is not bool:
        raise Rejected(f"heads must be a whole number from 1 to {MOST_HEADS}, qk_norm true or false")
    settings = {name: setting(name, about[name]) for name in SETTINGS}
    if type(shapes) is not dict or not shapes:
        raise Rejected("weights must be an object of shapes")
    sizes = {name: shape(name, value) for name, value in shapes.items()}
    weights = split(read(folder / "model.f32", 4 * MOST_WEIGHTS), sizes)
    return Model(heads=heads, qk_norm=qk_norm, weights=weights, **settings)


def read(path: Path, most_bytes: int) -> bytes:
    try:
        with path.open("rb") as file:
            content = file.read(most_bytes + 1)
    except OSError as error:
        raise Rejected(f"no {path.name}: {error.strerror}") from None
    if len(content) > most_bytes:
        raise Rejected(f"{path.name} is larger than {most_bytes} bytes")
    return content


def parse(content: bytes) -> dict[str, object]:
    try:
        about = json.loads(content, object_pairs_hook=unique_keys)
    except (ValueError, RecursionError):
        raise Rejected("model.json is not JSON") from None
    if type(about) is not dict:
        raise Rejected("model.json is not an object")
    return about


def unique_keys(pairs: list[tuple[str, object]]) -> dict[str, object]:
    found = dict(pairs)
    if len(found) < len(pairs):
        raise Rejected("a key stands there twice")
    return found


def setting(name: str, value: object) -> float:
    low, high = SETTINGS[name]
    if type(value) not in (int, float) or not (value == 0 or low <= value <= high):
        raise Rejected(f"{name} must be 0 or a number from {low:g} to {high:g}")
    return float(value)


def shape(name: str, value: object) -> tuple[int, int]:
    if not NAME.fullmatch(name):
        raise Rejected("a weight by a name that no network has")
    if type(value) is not list or len(value) != 2 or any(type(n) is not int or not 1 <= n <= MOST_WEIGHTS for n in value):
        raise Rejected(f"{name} must have a shape of two whole numbers")
    return value[0], value[1]


def split(content: bytes, sizes: dict[str, tuple[int, int]]) -> dict[str, Array]:
    """The numbers of a file under their names, in the order of `sizes`."""
    if 4 * sum(rows * columns for rows, columns in sizes.values()) != len(content):
        raise Rejected("model.f32 is not as long as the shapes say")
    numbers = np.frombuffer(content, "<f4").astype(np.float64)
    if not (np.abs(numbers) <= LARGEST).all():  # false for NaN as well
        raise Rejected("model.f32 holds something else than numbers from -1e6 to 1e6")
    ends = np.cumsum([rows * columns for rows, columns in sizes.values()])[:-1]
    return {name: part.reshape(sizes[name]) for name, part in zip(sizes, np.split(numbers, ends), strict=True)}


def check_shapes(model: Model, words: int) -> int:
    """How many layers there are, once every matrix is present and has the size that the others require."""
    width = expect(model, "token", words, None)[1]
    known = {"token": (words, width)} | {name: (words, width) for name in ("head",) if name in model.weights}
    if "position" in model.weights:
        known["position"] = (CONTEXT, width)
    layers = 0
    while f"up{layers}" in model.weights:
        known |= layer_shapes(model, layers, words, width)
        layers += 1
    for name, size in known.items():
        expect(model, name, *size)
    if set(known) != set(model.weights):
        raise Rejected("weights that belong to no layer")
    return layers


def layer_shapes(model: Model, layer: int, words: int, width: int) -> dict[str, tuple[int, int]]:
    """The sizes that the weights of a layer must have; optional ones only if they are present."""
    hidden = model.weights[f"up{layer}"].shape[0]
    size, depth = (expect(model, f"{name}{layer}", None, width)[0] for name in ("query", "value"))
    if size % (2 * model.heads) or depth % model.heads:
        raise Rejected(f"layer {layer} cannot be parted into {model.heads} heads of even width")
    optional = {"skip": (1, 2), "value_embedding": (words, depth), "value_gate": (model.heads, GATE_INPUTS)}
    if f"value_gate{layer}" in model.weights and (f"value_embedding{layer}" not in model.weights or width < GATE_INPUTS):
        raise Rejected(f"value_gate{layer} has nothing to gate")
    return {
        f"query{layer}": (size, width),
        f"key{layer}": (size, width),
        f"value{layer}": (depth, width),
        f"mix{layer}": (width, depth),
        f"up{layer}": (hidden, width),
        f"down{layer}": (width, hidden),
    } | {f"{name}{layer}": shape for name, shape in optional.items() if f"{name}{layer}" in model.weights}


def expect(model: Model, name: str, rows: int | None, columns: int | None) -> tuple[int, int]:
    if name not in model.weights:
        raise Rejected(f"{name} is missing")
    found = model.weights[name].shape
    if rows not in (None, found[0]) or columns not in (None, found[1]):
        raise Rejected(f"{name} is {found[0]} x {found[1]}, not {rows or 'any'} x {columns or 'any'}")
    return found


# ---- The network: a story at a time, each position sees those up to itself ----


def norm(x: Array) -> Array:
    return x / np.sqrt((x * x).mean(-1, keepdims=True) + 1e-6)


def rotate(x: Array, base: float) -> Array:
    """Turn the units of a head, (heads, length, size), by an angle that grows with the position."""
    half = x.shape[-1] // 2
    angle = np.outer(np.arange(x.shape[-2]), base ** (-np.arange(half) / half))
    a, b = x[..., :half], x[..., half:]
    return np.concatenate((a * np.cos(angle) + b * np.sin(angle), b * np.cos(angle) - a * np.sin(angle)), -1)


def attend(model: Model, layer: int, x: Array, tokens: Array) -> Array:
    """What the heads of a layer add to the stream, (length, width)."""
    weights = model.weights

    def heads(of: Array) -> Array:
        return of.reshape(len(tokens), model.heads, -1).transpose(1, 0, 2)

    query, key = (heads(x @ weights[f"{name}{layer}"].T) for name in ("query", "key"))
    if model.rotary_base:
        query, key = rotate(query, model.rotary_base), rotate(key, model.rotary_base)
    if model.qk_norm:
        query, key = norm(query), norm(key)
    value = heads(x @ weights[f"value{layer}"].T)
    if f"value_embedding{layer}" in weights:
        looked_up = heads(weights[f"value_embedding{layer}"][tokens])
        if f"value_gate{layer}" in weights:
            gate = weights[f"value_gate{layer}"] @ x[:, :GATE_INPUTS].T
            looked_up = looked_up * (1 + np.tanh(gate / 2))[..., None]  # twice the logistic function
        value = value + looked_up
    scores = model.qk_scale**2 * query @ key.transpose(0, 2, 1) / query.shape[-1] ** 0.5
    scores = np.where(np.tri(len(tokens), dtype=bool), scores, -np.inf)
    chances = np.exp(scores - scores.max(-1, keepdims=True))
    mixed = (chances / chances.sum(-1, keepdims=True)) @ value
    return mixed.transpose(1, 0, 2).reshape(len(tokens), -1) @ weights[f"mix{layer}"].T


def story_bits(model: Model, layers: int, tokens: Array) -> float:
    """-log2 of the probability of a whole story and its end; probabilities always sum to 1."""
    weights, seen = model.weights, tokens[:-1]
    x = weights["token"][seen]
    if "position" in weights:
        x = x + weights["position"][: len(seen)]
    x = start = norm(x)
    for layer in range(layers):
        if f"skip{layer}" in weights:
            skip = weights[f"skip{layer}"][0]
            x = skip[0] * x + skip[1] * start
        x = x + attend(model, layer, norm(x), seen)
        hidden = np.maximum(norm(x) @ weights[f"up{layer}"].T, 0.0) ** 2
        x = x + hidden @ weights[f"down{layer}"].T
    logits = norm(x) @ weights["head" if "head" in weights else "token"].T
    if model.logit_cap:
        logits = model.logit_cap * np.tanh(logits / model.logit_cap)
    top = logits.max(-1)
    nats = np.log(np.exp(logits - top[:, None]).sum(-1)) + top - logits[np.arange(len(seen)), tokens[1:]]
    return float(nats.sum()) / math.log(2)


# ---- The score ----


def score(model: Model, text: str) -> float:
    """The cost of a text of stories in bits per byte.

    Raises:
        Rejected: the shapes do not fit, or the cost is lower than honest work can make it.
    """
    language, stories = make_language(), read_stories(text)
    token = {word: number for number, word in enumerate(language.words)}
    layers = check_shapes(model, len(token))
    bits = sum(story_bits(model, layers, np.array([token[word] for word in [END, *story]])) for story in stories)
    check_leak(bits, sum(sum(oracle_bits(language, story)) for story in stories))
    return bits / len(text)


def check_leak(bits: float, floor: float) -> None:
    """Refuse a cost that is below that of the language itself by more than chance can explain.

    The chance that a model which has not seen the stories gives them 2^x times the probability that the true language
    gives them is at most 2^-x (Markov's inequality; their ratio has mean 1). With x = 30 that is once in a billion times.
    """
    if not bits >= floor - SURPLUS_BITS:
        raise Rejected("better than the language that the stories were drawn from: the held-out stories have leaked")


def held_out(split: str) -> str:
    return Path(__file__).with_name("heldout").joinpath(f"{split}.txt").read_text(encoding="ascii")


def main() -> int:
    parser = argparse.ArgumentParser(description="Score the network in model.json and model.f32.")
    parser.add_argument("--split", choices=("public", "holdout", "audit"), default="public")
    split = parser.parse_args().split
    try:
        bits_a_byte = score(load(Path()), held_out(split))
    except Rejected as rejected:
        print(f"rejected: {rejected}", file=sys.stderr)
        return 1
    print(f"METRIC val_bpb={bits_a_byte:.6f}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
