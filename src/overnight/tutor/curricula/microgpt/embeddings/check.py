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


def measured(forward, g, rows):
    """The slope of the sum of g * forward(rows) for each number of rows: each is moved a little, up and down."""

    def total(i, j, h):
        moved = [list(row) for row in rows]
        moved[i][j] += h
        return sum(s * v for p, q in zip(g, forward(moved)) for s, v in zip(p, q))

    return [[(total(i, j, 1e-5) - total(i, j, -1e-5)) / 2e-5 for j in range(len(row))] for i, row in enumerate(rows)]


EXPLAINS = {
    "check_lookup": "by_place",
    "check_read_twice": "last_wins",
    "check_slope_of_logits": "only_the_target",
    "check_passed_slope": "own_start",
    "check_loss": "mean",
}


def plain_surprise(rows, targets):
    return [[sum(math.log(sum(map(math.exp, row))) - row[target] for row, target in zip(rows, targets))]]


def check_lookup(learner):
    """Each index gives the row with that number."""
    got = learner.eval("lookup(Tensor([[1.0, 1.5], [2.0, 2.5], [3.0, 3.5]]), [2, 0, 2]).rows")
    assert got == [[3.0, 3.5], [1.0, 1.5], [3.0, 3.5]], f"rows 2, 0 and 2 are [3, 3.5], [1, 1.5], [3, 3.5]; got {got}"


def check_read_twice(learner):
    """A row that is read twice gets both shares, one that is not read gets 0."""
    got = learner.eval("lookup(Tensor([[1.0], [2.0], [3.0]]), [2, 0, 2]).pull([[0.5], [1.0], [4.0]])")
    assert got == [[[1.0], [0.0], [4.5]]], (
        f"rows 2, 0, 2 with the slopes 0.5, 1, 4: the table gets 1, 0 and 0.5 + 4 = 4.5; got {got}"
    )


def check_slope_of_table(learner):
    """The slope of a table is the one that is measured."""
    table, g = matrix(learner.rng, 4, 3), matrix(learner.rng, 5, 3)
    indices = [learner.rng.randrange(4) for _ in range(5)]
    right = measured(lambda rows: [rows[i] for i in indices], g, table)
    got = learner.eval(f"lookup(Tensor({table}), {indices}).pull({g})[0]")
    assert near(got, right), f"reading rows {indices}: measured {rounded(right)}; got {rounded(got)}"


def check_loss(learner):
    """The loss is the summed surprise, in a 1 x 1 tensor."""
    got = learner.eval("surprise(Tensor([[0.0, 0.0], [0.0, 0.0]]), [1, 0]).rows")
    assert near(got, [[2 * math.log(2)]]), f"two tokens with chance 1/2 each: 2 * 0.693 = 1.386 in all; got {got}"
    rows = matrix(learner.rng, 3, 4)
    targets = [learner.rng.randrange(4) for _ in rows]
    got = learner.eval(f"surprise(Tensor({rows}), {targets}).rows")
    assert near(got, plain_surprise(rows, targets)), (
        f"logits {rows} with targets {targets}: {rounded(plain_surprise(rows, targets))}; got {got}"
    )


def check_slope_of_logits(learner):
    """The slope of a logit is its chance, minus 1 for the target."""
    got = learner.eval(f"surprise(Tensor([[{math.log(7)!r}, {math.log(2)!r}, 0.0]]), [2]).pull([[1.0]])[0]")
    assert near(got, [[0.7, 0.2, -0.9]]), f"chances 0.7, 0.2, 0.1, the third came: slopes 0.7, 0.2, -0.9; got {rounded(got)}"
    rows = matrix(learner.rng, 3, 4)
    targets = [learner.rng.randrange(4) for _ in rows]
    right = measured(lambda moved: plain_surprise(moved, targets), [[1.0]], rows)
    got = learner.eval(f"surprise(Tensor({rows}), {targets}).pull([[1.0]])[0]")
    assert near(got, right), f"measured {rounded(right)}; got {rounded(got)}"


def check_passed_slope(learner):
    """The slope that comes from behind multiplies all slopes."""
    got = learner.eval("surprise(Tensor([[0.0, 0.0]]), [1]).pull([[0.25]])[0]")
    assert near(got, [[0.125, -0.125]]), f"chances 1/2 and 1/2 with a slope of 0.25: 0.125 and -0.125; got {got}"


def check_learns_the_counts(learner):
    """A table of logits that learns by its slopes ends at the chances that counting gives."""
    run(
        learner,
        "tape.clear()\ntable = Tensor([[0.0, 0.0, 0.0] for _ in range(3)])\nfor _ in range(300):\n"
        "    table.slope = None\n    backward(surprise(lookup(table, [0, 0, 0, 1]), [1, 1, 2, 0]))\n"
        "    table.rows = [[v - 0.5 * s for v, s in zip(*both)] for both in zip(table.rows, table.slope)]\nlearned = softmax(table.rows[0])",
    )
    got = learner.eval("learned")
    assert abs(got[1] - 2 / 3) < 0.02 and got[0] < 0.02, (
        f"after 0 came 1, 1 and 2: chances 0, 2/3, 1/3; the table learned {rounded(got)}"
    )
