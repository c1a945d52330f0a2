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
    "check_first_step": "no_unbias",
    "check_slopes_that_disagree": "square_of_mean",
    "check_forgets": "slopes_stay",
    "check_decay": "decay_as_slope",
}


def configure(learner, beta1=0.9, beta2=0.999, decay=0.0):
    run(learner, f"BETA1, BETA2, WEIGHT_DECAY = {beta1}, {beta2}, {decay}")


def moved(learner, start, slopes, rate):
    """The rows of two tensors, after a step for each pair of slopes."""
    run(
        learner,
        f"pair = {{'a': Tensor([[{start[0]!r}, {start[1]!r}]]), 'b': Tensor([[{start[2]!r}], [{start[3]!r}]])}}\nkept = {{}}",
    )
    for number, (p, q, r, s) in enumerate(slopes, 1):
        run(
            learner,
            f"pair['a'].slope, pair['b'].slope = [[{p!r}, {q!r}]], [[{r!r}], [{s!r}]]\nadam(pair, kept, {number}, {rate!r})",
        )
    return learner.eval("pair['a'].rows[0] + [row[0] for row in pair['b'].rows]")


def plain(start, slopes, rate, beta1, beta2, decay):
    """Adam with decoupled decay, number by number."""
    out = []
    for i, weight in enumerate(start):
        mean = square = 0.0
        for number, each in enumerate(slopes, 1):
            mean = beta1 * mean + (1 - beta1) * each[i]
            square = beta2 * square + (1 - beta2) * each[i] ** 2
            true_mean, true_square = mean / (1 - beta1**number), square / (1 - beta2**number)
            weight = weight * (1 - rate * decay) - rate * true_mean / (true_square**0.5 + 1e-8)
        out.append(weight)
    return out


def check_first_step(learner):
    """The first step moves each weight by the rate, however large its slope is."""
    configure(learner)
    got = moved(learner, [1.0] * 4, [(0.001, -50.0, 2.0, -3.0)], 0.1)
    assert all(abs(g - r) < 1e-4 for g, r in zip(got, (0.9, 1.1, 0.9, 1.1))), (
        f"from 1, slopes 0.001, -50, 2, -3 at a rate of 0.1 lead to 0.9, 1.1, 0.9, 1.1; got {rounded(got)}"
    )


def check_slopes_that_disagree(learner):
    """Where slopes change their sign the steps are small."""
    configure(learner, beta1=0.5, beta2=0.5)
    slopes = [(1.0, 1.0, 2.0, 2.0), (-1.0, 1.0, -2.0, 2.0)]
    got, right = moved(learner, [0.0] * 4, slopes, 0.1), plain([0.0] * 4, slopes, 0.1, 0.5, 0.5, 0.0)
    assert near(got, right), (
        f"slopes 1, -1 and 1, 1 at a rate of 0.1 lead from 0 to {right[0]:.4f} and {right[1]:.4f}; "
        f"got {got[0]:.4f} and {got[1]:.4f}"
    )


def check_many_steps(learner):
    """Five steps of random slopes, each weight with its own memory."""
    rate, beta1, beta2 = learner.rng.choice((0.01, 0.05)), learner.rng.choice((0.8, 0.9)), learner.rng.choice((0.95, 0.99))
    configure(learner, beta1, beta2, 0.3)
    start = [round(learner.rng.uniform(-1, 1), 2) for _ in range(4)]
    slopes = [[round(learner.rng.uniform(-2, 2), 2) for _ in range(4)] for _ in range(5)]
    got, right = moved(learner, start, slopes, rate), plain(start, slopes, rate, beta1, beta2, 0.3)
    assert near(got, right), f"from {start} by slopes {slopes} to {rounded(right)}; got {rounded(got)}"


def check_decay(learner):
    """Without slopes a weight loses rate * WEIGHT_DECAY of itself, and 0 / 0 does no harm."""
    configure(learner, decay=0.5)
    got = moved(learner, [1.0, -2.0, 4.0, 0.0], [(0.0, 0.0, 0.0, 0.0)], 0.1)
    assert near(got, [0.95, -1.9, 3.8, 0.0]), (
        f"decay 0.5, rate 0.1: 1, -2, 4 and 0 lose a twentieth: 0.95, -1.9, 3.8, 0; got {rounded(got)}"
    )


def check_tiny_slopes(learner):
    """1e-8 is added to the root, after the correction."""
    configure(learner)
    slopes = [(2e-8, -3e-8, 1e-8, 1e-7)]
    got, right = moved(learner, [0.0] * 4, slopes, 0.1), plain([0.0] * 4, slopes, 0.1, 0.9, 0.999, 0.0)
    assert near(got, right), f"slopes of 2e-8 lead to {right[0]:.5f}; got {got[0]:.5f}"


def check_forgets(learner):
    """After the step the slopes are gone."""
    configure(learner)
    moved(learner, [1.0] * 4, [(1.0, 1.0, 1.0, 1.0)], 0.1)
    assert learner.eval("pair['a'].slope is None and pair['b'].slope is None"), (
        "a slope is left; the next backward would add to it. Set it to None"
    )
