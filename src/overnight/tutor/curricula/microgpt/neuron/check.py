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
    "check_dots": "row_times_column",
    "check_one_neuron": "x_for_x",
    "check_slope_of_weights": "last_row_only",
    "check_relu": "absolute",
    "check_slope_of_relu": "relu_of_slope",
}


def plain_dots(a, b):
    return [[sum(p[k] * q[k] for k in range(len(p))) for q in b] for p in a]


def check_dots(learner):
    """Row times row: [1, 2] and the neurons [3, 4], [5, 6], [0, 1] give 11, 17 and 2."""
    got = learner.eval("dots([[1.0, 2.0]], [[3.0, 4.0], [5.0, 6.0], [0.0, 1.0]])")
    assert got == [[11.0, 17.0, 2.0]], f"[1, 2] gives 11, 17 and 2; got {got}"
    a, b = matrix(learner.rng, 3, 4), matrix(learner.rng, 2, 4)
    assert near(learner.eval(f"dots({a}, {b})"), plain_dots(a, b)), f"dots({a}, {b}) is {rounded(plain_dots(a, b))}"


def check_flip(learner):
    """Rows become columns."""
    got = learner.eval("flip([[1, 2, 3], [4, 5, 6]])")
    assert got == [[1, 4], [2, 5], [3, 6]], f"[[1, 2, 3], [4, 5, 6]] becomes [[1, 4], [2, 5], [3, 6]]; got {got}"


def check_one_neuron(learner):
    """One neuron with one input: the slope for x is the weight, the slope for the weight is x."""
    run(learner, "tape.clear()\nx, w = Tensor([[2.0]]), Tensor([[3.0]])\ny = linear(x, w)\nbackward(y)")
    got = learner.eval("[y.rows[0][0], x.slope[0][0], w.slope[0][0]]")
    assert got == [6.0, 3.0, 2.0], f"x = 2, w = 3 gives 6 and the slopes 3 for x and 2 for w; got {got}"


def check_linear(learner):
    """A layer: each row of x with each neuron; x and the weights are its parents."""
    x, w = matrix(learner.rng, 3, 4), matrix(learner.rng, 2, 4)
    run(learner, f"tape.clear()\nx, w = Tensor({x}), Tensor({w})\ny = linear(x, w)")
    assert near(learner.eval("y.rows"), plain_dots(x, w)), "linear(x, w).rows is dots of the rows of both"
    assert learner.eval("y.parents[0] is x and y.parents[1] is w"), "the parents of linear(x, weights) are x and weights"


def check_slope_of_x(learner):
    """The slope for x is the one that is measured by moving each number of x."""
    x, w, g = matrix(learner.rng, 3, 4), matrix(learner.rng, 2, 4), matrix(learner.rng, 3, 2)
    got = learner.eval(f"linear(Tensor({x}), Tensor({w})).pull({g})[0]")
    right = measured(lambda rows: plain_dots(rows, w), g, x)
    assert near(got, right), f"measured: {rounded(right)}; got {rounded(got)}"


def check_slope_of_weights(learner):
    """The slope for the weights is the one that is measured; every row of x adds its share."""
    got = learner.eval("linear(Tensor([[1.0], [10.0]]), Tensor([[3.0]])).pull([[1.0], [1.0]])[1]")
    assert got == [[11.0]], f"x = 1 and x = 10 used the same weight: its slope is 1 + 10 = 11; got {got}"
    x, w, g = matrix(learner.rng, 3, 4), matrix(learner.rng, 2, 4), matrix(learner.rng, 3, 2)
    got = learner.eval(f"linear(Tensor({x}), Tensor({w})).pull({g})[1]")
    right = measured(lambda rows: plain_dots(x, rows), g, w)
    assert near(got, right), f"measured: {rounded(right)}; got {rounded(got)}"


def check_relu(learner):
    """Negative numbers become 0, the others stay."""
    got = learner.eval("relu(Tensor([[-3.0, 0.0, 0.5], [2.0, -0.5, 4.0]])).rows")
    assert got == [[0.0, 0.0, 0.5], [2.0, 0.0, 4.0]], f"[-3, 0, 0.5], [2, -0.5, 4] become [0, 0, 0.5], [2, 0, 4]; got {got}"


def check_slope_of_relu(learner):
    """A slope comes back where the input was positive, whatever the slope is."""
    got = learner.eval("relu(Tensor([[-3.0, 0.5, 2.0, -1.0, 0.0]])).pull([[1.0, -2.0, 3.0, -4.0, 5.0]])")
    assert got == [[[0.0, -2.0, 3.0, 0.0, 0.0]]], (
        f"inputs -3, 0.5, 2, -1, 0 with slopes 1, -2, 3, -4, 5 pass 0, -2, 3, 0, 0 to one parent; got {got}"
    )


def check_two_layers(learner):
    """Two layers with a ReLU between them, as in the network."""
    run(
        learner,
        "tape.clear()\nx, up, down = Tensor([[1.0, 2.0]]), Tensor([[1.0, 1.0], [1.0, -1.0]]), Tensor([[2.0, 5.0]])\n"
        "y = linear(relu(linear(x, up)), down)\nbackward(y)",
    )
    got = learner.eval("[y.rows, x.slope, up.slope, down.slope]")
    right = [[[6.0]], [[2.0, 2.0]], [[2.0, 4.0], [0.0, 0.0]], [[3.0, 0.0]]]
    assert got == right, f"y and the slopes of x, up and down are {right}; got {got}"
