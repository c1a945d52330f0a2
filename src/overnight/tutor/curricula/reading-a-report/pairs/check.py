import math

EXPLAINS = {
    "check_order": "alternating",
    "check_drift": "blocks",
    "check_gains": "second_minus_first",
    "check_scatter": "difference_of_means",
    "check_error": "spread_of_gains",
    "check_more_pairs": "over_n",
}


def near(a, b):
    """Whether both have the same shape, and numbers that differ by less than a millionth."""
    if isinstance(b, list):
        return isinstance(a, list) and len(a) == len(b) and all(map(near, a, b))
    return isinstance(a, (int, float)) and not isinstance(a, bool) and abs(a - b) <= 1e-6 * (1 + abs(b))


def check_order(learner):
    """A pair for each coin, and the coin says who is first."""
    got = learner.eval("order([False, True])")
    assert got == ["head", "candidate", "candidate", "head"], f"order([False, True]) is head, candidate, candidate, head; got {got}"
    coins = [learner.rng.random() < 0.5 for _ in range(7)]
    right = [who for coin in coins for who in (("candidate", "head") if coin else ("head", "candidate"))]
    assert learner.eval(f"order({coins})") == right, f"another order than the coins {coins} say"


def check_drift(learner):
    """In a machine that gets slower with each run, a candidate that changes nothing gains nothing, on average."""
    names = learner.eval("order([False, True, True, False])")
    runs = [[name, 10 + i] for i, name in enumerate(names)]
    got = learner.eval(f"gains({runs!r}, 'minimize')")
    assert near(got, [-1, 1, 1, -1]), f"coins F T T F, 1 s slower with each run, nothing changed: gains -1, 1, 1, -1; got {got}"


def check_gains(learner):
    """The gain of each pair, whoever ran first, in both directions."""
    runs = [["head", 10], ["candidate", 7], ["candidate", 20], ["head", 21]]
    for direction, right in (("minimize", [3, 1]), ("maximize", [-3, -1])):
        got = learner.eval(f"gains({runs!r}, {direction!r})")
        assert near(got, right), f"{runs}, {direction}: {right}; got {got}"


def check_scatter(learner):
    """What a seed does to both cancels: a gain of 1 in each pair is 1 in each, however far apart the pairs are."""
    levels = [learner.rng.randrange(10, 1000) for _ in range(5)]
    steps = [learner.rng.randrange(1, 9) for _ in levels]
    runs = []
    for level, step in zip(levels, steps):
        pair = [["head", level], ["candidate", level - step]]
        runs += pair if learner.rng.random() < 0.5 else pair[::-1]
    got = learner.eval(f"gains({runs!r}, 'minimize')")
    assert near(got, steps), f"the pairs {runs} gain {steps}; got {got}"


def check_error(learner):
    """The error of a mean: the spread of the gains over the root of their number."""
    got = learner.eval("error([-1, 1, 1, -1])")
    assert near(got, math.sqrt(4 / 3) / 2), f"-1, 1, 1, -1: squares 4, 4 / 3 = 1.33, root 1.155, over 2: 0.577; got {got}"
    gains = [learner.rng.uniform(-3, 5) for _ in range(learner.rng.randrange(5, 9))]
    n, mean = len(gains), sum(gains) / len(gains)
    right = math.sqrt(sum((gain - mean) ** 2 for gain in gains) / (n - 1) / n)
    got = learner.eval(f"error({gains!r})")
    assert near(got, right), f"{[round(gain, 2) for gain in gains]} have the error {right:.4f}; got {got}"


def check_more_pairs(learner):
    """Four times as many pairs halve the error, nearly."""
    few, many = learner.eval("error([0, 2] * 50)"), learner.eval("error([0, 2] * 200)")
    assert 1.9 < few / many < 2.1, f"100 and 400 pairs that scatter alike: the error falls by 2, not by {few / many:.2f}"
