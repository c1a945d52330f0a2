import math


def run(learner, code):
    """Execute statements in the namespace of answer.py."""
    learner.eval(f"exec({code!r}, globals())")


def near(a, b):
    """Whether both have the same shape, and numbers that differ by less than a millionth."""
    if isinstance(b, list):
        return isinstance(a, list) and len(a) == len(b) and all(map(near, a, b))
    return isinstance(a, (int, float)) and abs(a - b) <= 1e-6 * (1 + abs(b))


def rounded(value):
    """The value with three digits after the point, for people."""
    return [rounded(v) for v in value] if isinstance(value, list) else round(value, 3) if isinstance(value, float) else value


EXPLAINS = {
    "check_order_matters": "no_position",
    "check_silent_layers": "replaces",
    "check_random_start": "zeros",
    "check_two_layers": "heads_in_turn",
}
SMALL = {
    "TOKENS": 5,
    "CONTEXT": 4,
    "WIDTH": 6,
    "HEADS": 2,
    "LAYERS": 2,
    "MLP_RATIO": 2,
    "INIT_STD": 0.5,
    "TIED_EMBEDDINGS": False,
}


def configure(learner, **other):
    """Give the constants other values, for the answer and for what it was given."""
    run(
        learner,
        f"import given_network\nfor space in (globals(), vars(given_network)):\n    space.update({ {**SMALL, **other}!r})",
    )


def product(a, b):
    return [[sum(v * w for v, w in zip(p, q)) for q in b] for p in a]


def total(a, b):
    return [[v + w for v, w in zip(p, q)] for p, q in zip(a, b)]


def normed(rows):
    return [[v / math.sqrt(sum(w * w for w in row) / len(row) + 1e-5) for v in row] for row in rows]


def attention(x, weights, head):
    query, key, value = (product(x, weights[part + head]) for part in ("query", "key", "value"))
    taken = []
    for i, asked in enumerate(query):
        powers = [math.exp(sum(v * w for v, w in zip(asked, key[j])) / math.sqrt(len(asked))) for j in range(i + 1)]
        taken.append([sum(power * value[j][k] for j, power in enumerate(powers)) / sum(powers) for k in range(len(asked))])
    return product(taken, weights["mix" + head])


def plain(weights, tokens, layers=2, heads=2, out="out"):
    """The network, number by number."""
    x = normed([total([weights["token"][token]], [weights["position"][i]])[0] for i, token in enumerate(tokens)])
    for layer in range(layers):
        seen = normed(x)
        for head in range(heads):
            x = total(x, attention(seen, weights, f"{layer}.{head}"))
        hidden = [[max(v, 0.0) for v in row] for row in product(normed(x), weights[f"up{layer}"])]
        x = total(x, product(hidden, weights[f"down{layer}"]))
    return product(normed(x), weights[out])


def made(learner, **other):
    """The learner's weights for the small network, as rows by name."""
    configure(learner, **other)
    run(learner, f"random.seed({learner.rng.randrange(1000)})\nmine = make_weights()")
    return learner.eval("{name: tensor.rows for name, tensor in mine.items()}")


def given_shapes(**c):
    shapes = {"token": (c["TOKENS"], c["WIDTH"]), "position": (c["CONTEXT"], c["WIDTH"])}
    if not c["TIED_EMBEDDINGS"]:
        shapes["out"] = (c["TOKENS"], c["WIDTH"])
    size = c["WIDTH"] // c["HEADS"]
    for layer in range(c["LAYERS"]):
        for head in range(c["HEADS"]):
            shapes.update({f"{part}{layer}.{head}": (size, c["WIDTH"]) for part in ("query", "key", "value")})
            shapes[f"mix{layer}.{head}"] = (c["WIDTH"], size)
        shapes[f"up{layer}"], shapes[f"down{layer}"] = (
            (c["MLP_RATIO"] * c["WIDTH"], c["WIDTH"]),
            (c["WIDTH"], c["MLP_RATIO"] * c["WIDTH"]),
        )
    return shapes


def check_shapes(learner):
    """Every matrix is there, with its name and its shape, for networks of several sizes."""
    for other in ({}, {"HEADS": 3, "LAYERS": 1, "MLP_RATIO": 3}, {"TIED_EMBEDDINGS": True, "WIDTH": 8}):
        got = {name: (len(rows), len(rows[0])) for name, rows in made(learner, **other).items()}
        right = given_shapes(**{**SMALL, **other})
        wrong = {name: (got.get(name), right.get(name)) for name in {*got, *right} if got.get(name) != right.get(name)}
        assert not wrong, f"with {other or 'two layers and two heads'}, these have other shapes (yours, the right one): {wrong}"


def check_random_start(learner):
    """The first weights are random, with mean 0 and deviation INIT_STD, and no matrix is like another."""
    weights = made(learner, WIDTH=24)
    numbers = [v for rows in weights.values() for row in rows for v in row]
    spread = math.sqrt(sum(v * v for v in numbers) / len(numbers))
    assert 0.45 < spread < 0.55 and abs(sum(numbers) / len(numbers)) < 0.06, (
        f"mean {sum(numbers) / len(numbers):.2f} and deviation {spread:.2f}; asked for 0 and {SMALL['INIT_STD']}"
    )
    assert len(set(numbers)) == len(numbers), "some weights are copies of others"


def check_silent_layers(learner):
    """If heads and neurons add nothing, the token itself still reaches the end."""
    weights = made(learner)
    run(
        learner,
        "for name, tensor in mine.items():\n    if name[:3] in ('mix', 'dow'):\n        tensor.rows = [[0.0] * len(row) for row in tensor.rows]",
    )
    weights = learner.eval("{name: tensor.rows for name, tensor in mine.items()}")
    got, right = learner.eval("predict(mine, [4, 1]).rows"), plain(weights, [4, 1])
    assert near(got, right), f"with zeros in every mix and down: {rounded(right)}; got {rounded(got)}. A layer adds to x"


def check_order_matters(learner):
    """The same tokens in another order lead to other predictions, in one layer already."""
    made(learner, LAYERS=1)
    a, b = (learner.eval(f"predict(mine, {tokens}).rows")[-1] for tokens in ([4, 0, 1, 2], [4, 1, 0, 2]))
    assert not near(a, b), "after tokens 0 1 2 and after 1 0 2 the logits are the same: the network does not see positions"


def check_one_layer(learner):
    """A network of one layer and one head computes what the formula says."""
    weights = made(learner, LAYERS=1, HEADS=1)
    got, right = learner.eval("predict(mine, [4, 2, 2]).rows"), plain(weights, [4, 2, 2], layers=1, heads=1)
    assert near(got, right), f"logits {rounded(right[-1])} after the last token; got {rounded(got[-1])}"


def check_two_layers(learner):
    """Two layers of two heads: all heads of a layer read the same norm(x)."""
    weights = made(learner)
    got, right = learner.eval("predict(mine, [4, 3, 0, 3]).rows"), plain(weights, [4, 3, 0, 3])
    assert near(got, right), f"logits {rounded(right[-1])} after the last token; got {rounded(got[-1])}"


def check_tied(learner):
    """With TIED_EMBEDDINGS the token table is read at both ends."""
    weights = made(learner, TIED_EMBEDDINGS=True)
    got, right = learner.eval("predict(mine, [4, 0]).rows"), plain(weights, [4, 0], out="token")
    assert near(got, right), f"logits {rounded(right[-1])}; got {rounded(got[-1])}"


def check_every_weight_learns(learner):
    """Backward finds a slope for every weight of the network."""
    made(learner)
    run(learner, "tape.clear()\nbackward(surprise(predict(mine, [4, 0, 1]), [0, 1, 4]))")
    without = learner.eval("[name for name, tensor in mine.items() if not tensor.slope or not any(map(any, tensor.slope))]")
    assert not without, f"no slope for {without}"
