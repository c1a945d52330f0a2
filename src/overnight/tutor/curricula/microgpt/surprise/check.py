import math


def near(a, b):
    """Whether both have the same shape, and numbers that differ by less than a millionth."""
    if isinstance(b, list):
        return isinstance(a, list) and len(a) == len(b) and all(map(near, a, b))
    return isinstance(a, (int, float)) and abs(a - b) <= 1e-6 * (1 + abs(b))


EXPLAINS = {
    "check_two_predictions": "mean_of_chances",
    "check_large_logits": "overflow",
    "check_bits": "times_ln2",
    "check_negative_logits": "share_of_sum",
}


def check_two_predictions(learner):
    """The mean surprise of a chance of 0.5 and one of 0.01."""
    rows = [[0.0, 0.0], [0.0, math.log(99)]]
    loss = learner.eval(f"mean_surprise({rows!r}, [1, 0])")
    right = (math.log(2) + math.log(100)) / 2
    assert near(loss, right), f"-ln 0.5 = 0.693 and -ln 0.01 = 4.605 have the mean {right:.3f}; got {loss:.3f}"


def check_negative_logits(learner):
    """Negative logits are chances too, and only differences between logits matter."""
    chances = learner.eval("softmax([1.0, -1.0])")
    assert near(chances, [1 / (1 + math.exp(-2)), 1 / (1 + math.exp(2))]), f"softmax([1, -1]) is 0.881 and 0.119; got {chances}"
    assert near(learner.eval("softmax([-4.0, -6.0])"), chances), (
        "softmax([-4, -6]) is the same as softmax([1, -1]): both differ by 2"
    )


def check_softmax(learner):
    """Chances of any row: e to the power of each number, over the sum of these."""
    row = [round(learner.rng.uniform(-3, 3), 2) for _ in range(5)]
    total = sum(map(math.exp, row))
    got = learner.eval(f"softmax({row!r})")
    assert near(got, [math.exp(v) / total for v in row]), f"softmax({row}) gives {got}"


def check_large_logits(learner):
    """Logits of any size: the largest is taken away first."""
    got = learner.eval("softmax([1000.0, 1000.0, 0.0])")
    assert near(got, [0.5, 0.5, 0.0]), f"softmax([1000, 1000, 0]) gives {got}"
    got = learner.eval("softmax([-1000.0, -1000.0])")
    assert near(got, [0.5, 0.5]), f"softmax([-1000, -1000]) gives {got}"


def check_mean_surprise(learner):
    """The loss of several predictions, in nats per token."""
    rows = [[round(learner.rng.uniform(-3, 3), 2) for _ in range(4)] for _ in range(5)]
    targets = [learner.rng.randrange(4) for _ in rows]
    right = sum(math.log(sum(map(math.exp, row))) - row[target] for row, target in zip(rows, targets)) / 5
    got = learner.eval(f"mean_surprise({rows!r}, {targets!r})")
    assert near(got, right), f"five predictions cost {right:.4f} nats per token; got {got:.4f}"


def check_guessing(learner):
    """Who knows nothing pays ln 27 = 3.296 nats per token."""
    got = learner.eval("mean_surprise([[0.0] * 27] * 3, [1, 2, 3])")
    assert near(got, math.log(27)), f"equal chances for 27 tokens cost ln 27 = 3.296 nats per token; got {got}"


def check_bits(learner):
    """A nat is 1.443 bits."""
    got = learner.eval(f"bits({math.log(8)!r})")
    assert near(got, 3.0), f"a chance of 1/8 is ln 8 = 2.079 nats and 3 bits; got {got}"
