import math

EXPLAINS = {
    "check_spread": "divides_by_n",
    "check_lead": "one_sigma",
    "check_direction": "higher_is_better",
    "check_by_luck": "nothing_changed",
    "check_by_luck_of_0": "either_sign",
}


def near(a, b):
    """Whether a is a number within a millionth of b."""
    return isinstance(a, (int, float)) and not isinstance(a, bool) and abs(a - b) <= 1e-6 * (1 + abs(b))


def some_runs(rng):
    return [rng.randrange(90, 111) / 10 for _ in range(rng.randrange(5, 9))] + [8.5]


def check_spread(learner):
    """The spread of runs, divided by one less than their number."""
    got = learner.eval("spread([9, 11, 9, 11, 10])")
    assert near(got, 1.0), f"9, 11, 9, 11, 10: the squares are 4 in all, 4 / (5 - 1) = 1, its root is 1; got {got}"
    runs = some_runs(learner.rng)
    mean = sum(runs) / len(runs)
    right = math.sqrt(sum((run - mean) ** 2 for run in runs) / (len(runs) - 1))
    got = learner.eval(f"spread({runs!r})")
    assert near(got, right), f"{runs} have the spread {right:.4f}; got {got}"


def check_lead(learner):
    """A lead is counted in spreads of a difference, which is noisier than one run."""
    got = learner.eval("lead(9, 11, 1, 'maximize')")
    assert near(got, math.sqrt(2)), f"from 9 to 11 with sigma 1: 2 / 1.414 = 1.414; got {got}"
    before, after, sigma = learner.rng.uniform(1, 2), learner.rng.uniform(3, 4), learner.rng.uniform(0.1, 0.5)
    got, right = learner.eval(f"lead({before!r}, {after!r}, {sigma!r}, 'maximize')"), (after - before) / (sigma * math.sqrt(2))
    assert near(got, right), f"from {before:.3f} to {after:.3f} with sigma {sigma:.3f}: {right:.4f}; got {got}"


def check_direction(learner):
    """With minimize a fall is a gain, and a rise a loss."""
    for before, after, right in ((2.5, 2.4, 1), (2.4, 2.5, -1)):
        got = learner.eval(f"lead({before}, {after}, 0.1, 'minimize')")
        assert near(got, right / math.sqrt(2)), f"a loss from {before} to {after}, sigma 0.1: {right / math.sqrt(2):.3f}; got {got}"
    got = learner.eval("lead(2.5, 2.4, 0.1, 'maximize')")
    assert near(got, -1 / math.sqrt(2)), f"revenue from 2.5 to 2.4, sigma 0.1: -0.707; got {got}"


def check_by_luck(learner):
    """How often the program leads against itself, counted."""
    got = learner.eval("by_luck([9, 11, 9, 11, 10], 2)")
    assert near(got, 0.2), f"9, 11, 9, 11, 10: 4 of 20 ordered pairs gain 2 or more, 0.2; got {got}"
    runs, gain = some_runs(learner.rng), 1
    tens = [round(10 * run) for run in runs]
    pairs = [b - a for i, a in enumerate(tens) for j, b in enumerate(tens) if i != j]
    got, right = learner.eval(f"by_luck({tens!r}, {10 * gain})"), sum(each >= 10 * gain for each in pairs) / len(pairs)
    assert near(got, right), f"{tens}, a gain of {10 * gain}: {right:.4f}; got {got}"


def check_by_luck_of_0(learner):
    """A gain of any size comes about half the time, if no two runs are equal."""
    runs = learner.rng.sample(range(50), 6)
    got = learner.eval(f"by_luck({runs!r}, 0)")
    assert near(got, 0.5), f"{runs}: the second is higher in half of all ways to take two; got {got}"
