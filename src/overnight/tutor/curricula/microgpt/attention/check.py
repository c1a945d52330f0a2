import math


def run(learner, code):
    """Execute statements in the namespace of answer.py."""
    learner.eval(f"exec({code!r}, globals())")


def near(a, b):
    """Whether both have the same shape, and numbers that differ by less than a millionth."""
    if isinstance(b, list):
        return isinstance(a, list) and len(a) == len(b) and all(map(near, a, b))
    return isinstance(a, (int, float)) and abs(a - b) <= 1e-6 * (1 + abs(b))


def matrix(rng, m, n):
    """A matrix (m, n) of random numbers that are not near 0."""
    return [[round(rng.choice((-1, 1)) * rng.uniform(0.2, 2), 2) for _ in range(n)] for _ in range(m)]


def rounded(value):
    """The value with three digits after the point, for people."""
    return [rounded(v) for v in value] if isinstance(value, list) else round(value, 3) if isinstance(value, float) else value


EXPLAINS = {
    "check_who_asks": "keys_ask",
    "check_equal_keys": "best_match_only",
    "check_scale": "no_scale",
    "check_what_is_added": "adds_itself",
}


def product(a, b):
    return [[sum(v * w for v, w in zip(p, q)) for q in b] for p in a]


def plain(x, weights, head):
    """Attention, number by number."""
    query, key, value = (product(x, weights[part + head]) for part in ("query", "key", "value"))
    out = []
    for i, asked in enumerate(query):
        powers = [math.exp(sum(v * w for v, w in zip(asked, key[j])) / math.sqrt(len(asked))) for j in range(i + 1)]
        taken = [sum(power * value[j][k] for j, power in enumerate(powers)) / sum(powers) for k in range(len(asked))]
        out.append([sum(v * w for v, w in zip(taken, row)) for row in weights["mix" + head]])
    return out


def some_weights(rng, heads=("0.0", "0.1")):
    weights = {part + head: matrix(rng, 3, 6) for head in heads for part in ("query", "key", "value")}
    return weights | {"mix" + head: matrix(rng, 6, 3) for head in heads}


def give(learner, x, weights):
    run(learner, f"tape.clear()\nx = Tensor({x})\nweights = {{name: Tensor(rows) for name, rows in {weights!r}.items()}}")


def check_equal_keys(learner):
    """If all keys are equal, a token takes the mean of the values so far."""
    first = [1.0, 0.0, 0.0, 0.0, 0.0, 0.0]
    x = [first, [3.0, *first[1:]], [8.0, *first[1:]]]
    zeros = [[0.0] * 6] * 3
    give(
        learner,
        x,
        {
            "query0.0": [first] * 3,
            "key0.0": zeros,
            "value0.0": [first, *zeros[1:]],
            "mix0.0": [[1.0, 0.0, 0.0]] + [[0.0] * 3] * 5,
        },
    )
    got = learner.eval("attend(x, weights, '0.0').rows")
    firsts = [row[0] for row in got]
    assert near(firsts, [1.0, 2.0, 4.0]), f"values 1, 3 and 8 with equal keys: 1, their mean 2, and 4; got {rounded(firsts)}"


def check_who_asks(learner):
    """A row belongs to the token that asks: its query meets the keys of the others."""
    x, none = [[1.0, 0.0, 0.0, 0.0, 0.0, 0.0], [0.0, 1.0, 0.0, 0.0, 0.0, 0.0]], [[0.0] * 6] * 2
    weights = {
        "query0.0": [[0.0, 3.0, 0.0, 0.0, 0.0, 0.0], *none],
        "key0.0": [[5.0, 0.0, 0.0, 0.0, 0.0, 0.0], *none],
        "value0.0": [[10.0, 20.0, 0.0, 0.0, 0.0, 0.0], *none],
        "mix0.0": [[1.0, 0.0, 0.0]] + [[0.0] * 3] * 5,
    }
    give(learner, x, weights)
    got, right = learner.eval("attend(x, weights, '0.0').rows")[1][0], plain(x, weights, "0.0")[1][0]
    assert abs(got - right) < 0.1, (
        f"the second token asks for the first and finds it: it takes nearly the value 10; got {got:.4f}"
    )


def check_scale(learner):
    """Scores are divided by the root of the number of products in them, WIDTH // HEADS."""
    x = [[1.0, 0.0, 0.0, 0.0, 0.0, 0.0], [0.0, 1.0, 0.0, 0.0, 0.0, 0.0]]
    weights = {"query0.0": x[1:] * 3, "key0.0": x[:1] * 3, "value0.0": x[:1] * 3, "mix0.0": [[1.0, 0.0, 0.0]] * 6}
    give(learner, x, weights)
    got, right = learner.eval("attend(x, weights, '0.0').rows")[1][0], 1 / (1 + math.exp(-math.sqrt(3)))
    assert near(got, right), (
        f"three products of 1 sum to 3, over the root of 3 that is 1.732: a chance of {right:.4f}; got {got:.4f}"
    )


def check_attend(learner):
    """The same as when each number is computed alone, for either head."""
    x, weights = matrix(learner.rng, 5, 6), some_weights(learner.rng)
    give(learner, x, weights)
    for head in ("0.0", "0.1"):
        got, right = learner.eval(f"attend(x, weights, {head!r}).rows"), plain(x, weights, head)
        assert near(got, right), f"head {head}: {rounded(right)}; got {rounded(got)}"


def check_what_is_added(learner):
    """A head that mixes nothing adds nothing."""
    weights = some_weights(learner.rng) | {"mix0.0": [[0.0] * 3] * 6}
    give(learner, matrix(learner.rng, 3, 6), weights)
    got = learner.eval("attend(x, weights, '0.0').rows")
    assert near(got, [[0.0] * 6] * 3), f"with a mix of zeros the head adds 0 to each token; got {rounded(got)}"


def check_future(learner):
    """What comes later changes nothing."""
    x, weights = matrix(learner.rng, 4, 6), some_weights(learner.rng)
    give(learner, x, weights)
    long = learner.eval("attend(x, weights, '0.1').rows")
    give(learner, x[:2], weights)
    assert near(learner.eval("attend(x, weights, '0.1').rows"), long[:2]), (
        "the first two tokens get something else if two more follow"
    )


def check_slopes(learner):
    """Every weight gets its slope: all four matrices, and x."""
    x, weights = matrix(learner.rng, 3, 6), some_weights(learner.rng, ("0.0",))
    up, g = matrix(learner.rng, 1, 6), [[1.0], [1.0], [1.0]]
    give(learner, x, weights)
    run(learner, f"result = linear(Tensor([[1.0] * 3]), linear(Tensor({up}), attend(x, weights, '0.0')))\nbackward(result)")

    def value(name, i, j, h):
        moved = {key: [list(row) for row in rows] for key, rows in {**weights, "x": x}.items()}
        moved[name][i][j] += h
        return sum(v for row in product(plain(moved["x"], moved, "0.0"), up) for v in row)

    for name in ("x", *weights):
        got = learner.eval("x.slope" if name == "x" else f"weights[{name!r}].slope")
        right = (value(name, 1, 1, 1e-5) - value(name, 1, 1, -1e-5)) / 2e-5
        assert abs(got[1][1] - right) < 1e-5 * (1 + abs(right)), (
            f"the slope of one number of {name} is measured as {right:.5f}; got {got[1][1]:.5f}"
        )
