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
    "check_by_hand": "length_1",
    "check_each_row_alone": "by_column",
    "check_slope": "scale_is_fixed",
    "check_zeros": "small_enough",
    "check_small_rows": "added_to_the_root",
}


def plain(rows):
    return [[v / (sum(w * w for w in row) / len(row) + 1e-5) ** 0.5 for v in row] for row in rows]


def check_by_hand(learner):
    """[3, 4] becomes [0.849, 1.131], and so does [30, 40]."""
    for row in ([3.0, 4.0], [30.0, 40.0]):
        got = learner.eval(f"norm(Tensor([{row}])).rows")
        assert all(abs(v - w) < 1e-3 for v, w in zip(got[0], plain([row])[0])), (
            f"the mean square of {row} is {(row[0] ** 2 + row[1] ** 2) / 2}; divided by its root: "
            f"[0.849, 1.131]; got {rounded(got)}"
        )


def check_each_row_alone(learner):
    """A row does not depend on the other rows."""
    rows = matrix(learner.rng, 3, 4)
    got, alone = learner.eval(f"norm(Tensor({rows})).rows"), learner.eval(f"norm(Tensor({rows[:1]})).rows")
    assert near(got[:1], alone), f"the first row is {rounded(got[0])} beside two others and {rounded(alone[0])} alone"
    assert near(got, plain(rows)), f"{rows} becomes {rounded(plain(rows))}; got {rounded(got)}"


def check_zeros(learner):
    """A row of zeros stays zeros."""
    got = learner.eval("norm(Tensor([[0.0, 0.0]])).rows")
    assert near(got, [[0.0, 0.0]]), f"[0, 0] becomes {got}"


def check_small_rows(learner):
    """1e-5 is added to the mean square, under the root."""
    got = learner.eval("norm(Tensor([[0.003, 0.004]])).rows")
    assert near(got, plain([[0.003, 0.004]])), f"[0.003, 0.004] becomes {rounded(plain([[0.003, 0.004]]))}; got {rounded(got)}"


def check_slope(learner):
    """The slope is the one that is measured."""
    rows, g = matrix(learner.rng, 3, 4), matrix(learner.rng, 3, 4)
    got, right = learner.eval(f"norm(Tensor({rows})).pull({g})[0]"), measured(plain, g, rows)
    assert near(got, right), f"{rows} with slopes {g}: measured {rounded(right)}; got {rounded(got)}"


def check_along_itself(learner):
    """Making a row longer changes nothing: the slope along the row itself is 0."""
    rows, g = matrix(learner.rng, 1, 4), matrix(learner.rng, 1, 4)
    got = learner.eval(f"norm(Tensor({rows})).pull({g})[0][0]")
    along = sum(v * s for v, s in zip(rows[0], got))
    assert abs(along) < 1e-3, f"the slope along the row {rows[0]} is {along:.3f}"


def check_parent(learner):
    """x is the only parent, and it is not changed."""
    learner.eval("exec('tape.clear(); given_x = Tensor([[3.0, 4.0]]); made = norm(given_x)', globals())")
    assert learner.eval("len(made.parents) == 1 and made.parents[0] is given_x and given_x.rows == [[3.0, 4.0]]"), (
        "norm(x) has the parent x and leaves it as it is"
    )
