import math


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


def measured(forward, g, rows):
    """The slope of the sum of g * forward(rows) for each number of rows: each is moved a little, up and down."""

    def total(i, j, h):
        moved = [list(row) for row in rows]
        moved[i][j] += h
        return sum(s * v for p, q in zip(g, forward(moved)) for s, v in zip(p, q))

    return [[(total(i, j, 1e-5) - total(i, j, -1e-5)) / 2e-5 for j in range(len(row))] for i, row in enumerate(rows)]


EXPLAINS = {
    "check_equal_scores": "hidden_afterwards",
    "check_future": "sees_all",
    "check_slope": "each_alone",
    "check_scale": "scaled_after",
}


def plain(rows, scale):
    out = []
    for i, row in enumerate(rows):
        powers = [math.exp(scale * v) if j <= i else 0.0 for j, v in enumerate(row)]
        out.append([power / sum(powers) for power in powers])
    return out


def check_equal_scores(learner):
    """Equal scores: the first token looks at itself, the second at two tokens, the third at three."""
    got = learner.eval("look_back(Tensor([[0.0] * 3] * 3), 1.0).rows")
    assert near(got, [[1.0, 0.0, 0.0], [0.5, 0.5, 0.0], [1 / 3] * 3]), (
        f"the rows are 1 0 0, 1/2 1/2 0 and 1/3 1/3 1/3; got {rounded(got)}"
    )


def check_future(learner):
    """A score of a later token changes nothing."""
    rows = matrix(learner.rng, 4, 4)
    before = learner.eval(f"look_back(Tensor({rows}), 0.5).rows")
    changed = [[9.0 if j > i else v for j, v in enumerate(row)] for i, row in enumerate(rows)]
    after = learner.eval(f"look_back(Tensor({changed}), 0.5).rows")
    assert before == after, f"other scores for later tokens, and the chances change from {rounded(before)} to {rounded(after)}"


def check_chances(learner):
    """Each row is the softmax of what it may see."""
    rows = matrix(learner.rng, 4, 4)
    got = learner.eval(f"look_back(Tensor({rows}), 1.0).rows")
    assert near(got, plain(rows, 1.0)), f"scores {rows} give {rounded(plain(rows, 1.0))}; got {rounded(got)}"


def check_scale(learner):
    """The scores are multiplied by the scale before the softmax."""
    rows, scale = matrix(learner.rng, 3, 3), learner.rng.choice((0.25, 0.5, 2.0))
    got = learner.eval(f"look_back(Tensor({rows}), {scale}).rows")
    assert near(got, plain(rows, scale)), (
        f"scores {rows}, scale {scale}, give {rounded(plain(rows, scale))}; got {rounded(got)}"
    )


def check_large_scores(learner):
    """Large scores do not overflow."""
    got = learner.eval("look_back(Tensor([[900.0, 0.0], [900.0, 900.0]]), 1.0).rows")
    assert near(got, [[1.0, 0.0], [0.5, 0.5]]), f"scores of 900 give {got}"


def check_slope(learner):
    """The slope for the scores is the one that is measured, and 0 for later tokens."""
    rows, g, scale = matrix(learner.rng, 4, 4), matrix(learner.rng, 4, 4), 0.7
    got = learner.eval(f"look_back(Tensor({rows}), {scale}).pull({g})[0]")
    right = measured(lambda moved: plain(moved, scale), g, rows)
    assert near(got, right), f"scores {rows}, slopes {g}, scale {scale}: measured {rounded(right)}; got {rounded(got)}"


def check_parent(learner):
    """The scores are the only parent."""
    learner.eval("exec('tape.clear(); scores = Tensor([[1.0, 2.0], [3.0, 4.0]]); seen = look_back(scores, 1.0)', globals())")
    assert learner.eval(
        "len(seen.parents) == 1 and seen.parents[0] is scores and len(seen.pull([[1.0, 1.0], [1.0, 1.0]])) == 1"
    ), "parents and what pull returns are the scores alone"
