def run(learner, code):
    """Execute statements in the namespace of answer.py."""
    learner.eval(f"exec({code!r}, globals())")


def near(a, b):
    """Whether both have the same shape, and numbers that differ by less than a millionth."""
    if isinstance(b, list):
        return isinstance(a, list) and len(a) == len(b) and all(map(near, a, b))
    return isinstance(a, (int, float)) and abs(a - b) <= 1e-6 * (1 + abs(b))


EXPLAINS = {
    "check_product": "own_value",
    "check_sum": "shares_sum",
    "check_chain": "local_only",
    "check_used_often": "overwrites",
    "check_shares_stay_apart": "in_place",
    "check_starts_with_1": "from_the_value",
    "check_tape_is_empty": "tape_stays",
}


def slopes(learner, code, **numbers):
    """The slope of each number, by name, after code that makes a loss of them, all 1 x 1."""
    run(learner, "tape.clear()\n" + "".join(f"{name} = Tensor([[{value!r}]])\n" for name, value in numbers.items()) + code)
    return [learner.eval(f"{name}.slope")[0][0] for name in numbers]


def check_product(learner):
    """A product passes to each factor what the other one is."""
    got = slopes(learner, "backward(times(a, b))", a=2.0, b=3.0)
    assert got == [3.0, 2.0], f"a * b at a = 2, b = 3 has the slopes 3 and 2; got {got}"


def check_sum(learner):
    """A sum passes its slope to both."""
    got = slopes(learner, "backward(add(a, b))", a=2.0, b=3.0)
    assert got == [1.0, 1.0], f"a + b has the slope 1 for both; got {got}"


def check_chain(learner):
    """What comes after an operation multiplies its slopes."""
    got = slopes(learner, "backward(times(times(a, b), c))", a=2.0, b=3.0, c=5.0)
    assert got == [15.0, 10.0, 6.0], f"(a * b) * c at 2, 3, 5 has the slopes 15, 10 and 6; got {got}"


def check_used_often(learner):
    """A number that is used several times gets the sum of what its uses give."""
    got = slopes(learner, "backward(add(times(a, a), a))", a=3.0)
    assert got == [7.0], f"a * a + a at a = 3 has the slope 2 * 3 + 1 = 7; got {got[0]}"


def check_any_formula(learner):
    """The slopes are those that are measured by moving each number a little."""
    at = [learner.rng.uniform(0.5, 2) for _ in range(3)]
    got = slopes(
        learner,
        "d = times(a, b)\ne = add(d, c)\nf = times(e, e)\nbackward(add(times(f, d), add(a, f)))",
        **dict(zip("abc", at)),
    )

    def value(a, b, c):
        return (a * b + c) ** 2 * a * b + a + (a * b + c) ** 2

    for i in range(3):
        up, down = ([v + h * (i == j) for j, v in enumerate(at)] for h in (1e-5, -1e-5))
        right = (value(*up) - value(*down)) / 2e-5
        assert abs(got[i] - right) < 1e-4 * (1 + abs(right)), (
            f"the slope for {'abc'[i]} is measured as {right:.4f}; backward gives {got[i]:.4f}"
        )


def check_shares_stay_apart(learner):
    """Adding to the slope of one tensor leaves the slope of the others alone."""
    got = slopes(learner, "d = add(a, b)\nbackward(times(add(d, a), c))", a=1.0, b=2.0, c=5.0)
    assert got == [10.0, 5.0, 4.0], f"(a + b + a) * c at 1, 2, 5 has the slopes 10, 5 and 4; got {got}"


def check_starts_with_1(learner):
    """Backward starts with a slope of 1, or the one that it is given."""
    got = slopes(learner, "loss = times(a, b)\nbackward(loss, 0.25)", a=2.0, b=3.0)
    assert got == [0.75, 0.5], f"a * b at 2, 3, from a slope of 0.25, gives 0.75 and 0.5; got {got}"
    assert learner.eval("loss.slope") == [[0.25]], "the slope of the loss itself is what backward was given"


def check_tape_is_empty(learner):
    """After backward the tape is empty, and weights keep adding up what each pass gives."""
    got = slopes(learner, "backward(times(a, b))\nbackward(add(a, b))", a=2.0, b=3.0)
    assert learner.eval("len(tape)") == 0, f"{learner.eval('len(tape)')} operations are left on the tape"
    assert got == [4.0, 3.0], f"a * b and then a + b give 3 + 1 and 2 + 1; got {got}"


def check_matrices(learner):
    """All of this for matrices, number by number, and without changing what was given."""
    run(
        learner,
        "tape.clear()\na, b = Tensor([[1.0, 2.0], [3.0, 4.0]]), Tensor([[5.0, 6.0], [7.0, 8.0]])\nc = times(a, add(a, b))",
    )
    assert learner.eval("c.rows") == [[6.0, 16.0], [30.0, 48.0]], (
        f"[[1, 2], [3, 4]] * (itself + [[5, 6], [7, 8]]) is [[6, 16], [30, 48]]; got {learner.eval('c.rows')}"
    )
    got = learner.eval("c.pull([[1.0, 1.0], [1.0, 2.0]])")
    assert near(got, [[[6.0, 8.0], [10.0, 24.0]], [[1.0, 2.0], [3.0, 8.0]]]), f"the two slopes of that product are wrong: {got}"
    assert learner.eval("plus(a.rows, a.rows) + a.rows") == [[2.0, 4.0], [6.0, 8.0], [1.0, 2.0], [3.0, 4.0]], (
        "plus makes a new matrix"
    )
