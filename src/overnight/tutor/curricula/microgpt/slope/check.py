def run(learner, code):
    """Execute statements in the namespace of answer.py."""
    learner.eval(f"exec({code!r}, globals())")


EXPLAINS = {
    "check_by_hand": "share",
    "check_per_unit": "half_the_distance",
    "check_as_it_was": "left_moved",
    "check_one_step": "one_after_another",
    "check_two_steps": "first_slopes",
}


def check_by_hand(learner):
    """f = a * b + a at a = 2, b = 3 has the slopes 4 and 2, and f = a * a at 3 has 6."""
    got = learner.eval(
        "[slope(lambda x: x[0] * x[1] + x[0], [2.0, 3.0], i) for i in (0, 1)] + [slope(lambda x: x[0] * x[0], [3.0], 0)]"
    )
    assert all(abs(g - r) < 1e-4 for g, r in zip(got, (4, 2, 6))), (
        f"the slopes are 4, 2 and 6; got {[round(g, 3) for g in got]}"
    )


def check_per_unit(learner):
    """The slope of a straight line is the same for each distance, wherever it is measured."""
    k, at = learner.rng.uniform(2, 5), learner.rng.uniform(-3, 3)
    for h in (1e-5, 0.5):
        got = learner.eval(f"slope(lambda x: {k!r} * x[0], [{at!r}], 0, {h})")
        assert abs(got - k) < 1e-3, f"f = {k:.2f} * x rises by {k:.2f} per unit; with h = {h} slope gives {got:.3f}"


def check_curve(learner):
    """The slope of x * x * x is 3 * x * x, and where the curve bends it is measured on both sides."""
    at = learner.rng.uniform(1, 2)
    got = learner.eval(f"slope(lambda x: x[0] ** 3, [{at!r}], 0)")
    assert abs(got - 3 * at * at) < 1e-6, (
        f"x ** 3 at {at:.3f} has the slope {3 * at * at:.6f}; got {got:.6f}; move up and down by h"
    )


def check_as_it_was(learner):
    """Neither function changes the list that it is given."""
    run(learner, "point = [1.0, 2.0]\nslope(lambda x: x[0] * x[1], point, 0)\ndescend(lambda x: x[0] * x[1], point, 0.1, 2)")
    left = learner.eval("point")
    assert left == [1.0, 2.0], f"the list was [1.0, 2.0] and is {left} afterwards"


def check_one_step(learner):
    """All numbers of a step move by the slopes of the same point."""
    got = learner.eval("descend(lambda x: x[0] * x[1], [1.0, 1.0], 0.1, 1)")
    assert all(abs(g - 0.9) < 1e-6 for g in got), (
        f"f = a * b at (1, 1), rate 0.1: both slopes are 1, so both go to 0.9; got {got}"
    )


def check_two_steps(learner):
    """The slopes are measured again in each step: f = x * x from 3 goes to 2.4 and 1.92 at a rate of 0.1."""
    got = [learner.eval(f"descend(lambda x: x[0] ** 2, [3.0], 0.1, {n})")[0] for n in (0, 1, 2)]
    assert all(abs(g - r) < 1e-6 for g, r in zip(got, (3, 2.4, 1.92))), (
        f"from 3 to 2.4 to 1.92; got {[round(g, 3) for g in got]}"
    )


def check_finds_the_lowest_point(learner):
    """Downhill leads to the lowest point."""
    a, b = learner.rng.uniform(-2, 2), learner.rng.uniform(-2, 2)
    got = learner.eval(f"descend(lambda x: (x[0] - {a!r}) ** 2 + 2 * (x[1] - {b!r}) ** 2, [0.0, 0.0], 0.1, 100)")
    assert abs(got[0] - a) < 1e-3 and abs(got[1] - b) < 1e-3, f"the lowest point is ({a:.3f}, {b:.3f}); descend ended at {got}"
