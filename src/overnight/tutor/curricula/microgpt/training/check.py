import math
import re


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
    "check_slopes": "mean_of_words",
    "check_batches": "same_words",
    "check_rates": "constant_rate",
    "check_budget": "counts_steps",
    "check_memory": "new_memory",
}
SPY = """
calls, said, batches = [], [], []
def adam(weights, memory, step, rate):
    memory["calls"] = memory.get("calls", 0) + 1
    calls.append([step, rate, memory["calls"], [list(row) for row in weights["out"].slope or [[]]]])
    for tensor in weights.values():
        tensor.slope = None
def predict(weights, tokens):
    batches.append("".join(LETTERS[token] for token in tokens if token != END))
    return lookup(weights["out"], tokens)
def print(*texts):
    said.append(" ".join(map(str, texts)))
"""


def watched(learner, words, budget, batch=2, rate=0.1, warmup=0.25, final=0.0, most=200):
    """What train hands to adam, call by call: [step, rate, how often this memory was used, slope of the table]."""
    run(
        learner,
        "tape.clear()\n" + SPY + f"BATCH_WORDS, LEARNING_RATE, WARMUP, FINAL_RATE = {batch}, {rate}, {warmup}, {final}\n"
        f"asked = price\ndef price(parameters, tokens):\n    if len(batches) > {most}:\n        "
        f"raise RuntimeError('train does not stop at its budget')\n"
        "    return tokens * (parameters + 1500)\n"
        f"weights = {{**make_weights(), 'other': Tensor([[0.5] * 3] * 2)}}\ntrain(weights, {words!r}, {budget})",
    )
    return learner.eval("calls")


def some_words(rng):
    return ["".join(rng.choice("abcde") for _ in range(rng.randint(2, 8))) for _ in range(5)]


def batches_of(words, budget, batch):
    """The words of each step, and the share of the budget that is spent after it. A token costs 27 * 27 + 6 + 1500 = 2235."""
    made, spent = [], 0
    while spent < budget:
        taken = [words[(len(made) * batch + i) % len(words)] for i in range(batch)]
        spent += sum(len(word) + 1 for word in taken) * 2235
        made.append((taken, min(1.0, spent / budget)))
    return made


def check_batches(learner):
    """Each step reads the next words; after the last word comes the first again."""
    words = some_words(learner.rng)
    watched(learner, words, 250_000)
    got = learner.eval("batches")
    right = [word for taken, _ in batches_of(words, 250_000, 2) for word in taken]
    assert got == right, (
        f"of {words}, two a step, {right[:8]} ... are read, {len(right)} in all; train read {got[:8]} ..., {len(got)} in all"
    )


def check_slopes(learner):
    """A step goes by the mean slope over all tokens of its batch: END counts, and so does each token of a long word."""
    words = ["abbb", "c"]
    calls = watched(learner, words, 10_000)
    assert calls and near(calls[0][3][26][0], (1 / 27 - 1) / 7 + 1 / 27 / 7), (
        "`abbb` and `c` have 5 + 2 = 7 predictions. END is followed by a and by c, with chances "
        "1/27: slopes (1/27 - 1 + 1/27) / 7 = -0.132 for a; "
        f"got {calls[0][3][26][0] if calls and len(calls[0][3]) > 26 else 'none'}"
    )
    words = some_words(learner.rng)
    for call, (taken, _) in zip(watched(learner, words, 250_000), batches_of(words, 250_000, 2)):
        pairs = [
            pair
            for word in taken
            for tokens in [[26, *(ord(letter) - 97 for letter in word), 26]]
            for pair in zip(tokens, tokens[1:])
        ]
        right = [[0.0] * 27 for _ in range(27)]
        for before, after in pairs:
            for i in range(27):
                right[before][i] += (1 / 27 - (i == after)) / len(pairs)
        assert near(call[3], right), f"the slopes of the batch {taken} are not the mean over its {len(pairs)} predictions"


def check_budget(learner):
    """Training stops when the budget is spent, by the price of all weights and the tokens of each batch."""
    words = some_words(learner.rng)
    first = sum(len(word) + 1 for word in words[:2]) * 2235
    for budget in (1, first, first + 1, 100_000, 400_000):
        got, right = len(watched(learner, words, budget)), len(batches_of(words, budget, 2))
        assert got == right, f"with {words} and a budget of {budget} there are {right} steps; train made {got}"


def check_rates(learner):
    """The rate rises to the warmup's end, then falls to its final value; it goes by the budget spent after the batch."""
    words = some_words(learner.rng)
    for warmup, final in ((0.25, 0.0), (0.5, 0.2), (0.0, 0.1)):
        calls = watched(learner, words, 400_000, warmup=warmup, final=final)
        right = [
            0.1 * min(spent / warmup if warmup else 1e9, 1 - (1 - final) * spent) for _, spent in batches_of(words, 400_000, 2)
        ]
        got = [call[1] for call in calls]
        assert near(got, right), (
            f"warmup {warmup}, final rate {final}, rate 0.1: {rounded(right[:5])} ... "
            f"{rounded(right[-1])}; got {rounded(got[:5])} ... {rounded(got[-1:])}"
        )


def check_memory(learner):
    """Adam is called with steps 1, 2, 3 ... and always with the same memory, empty at first."""
    calls = watched(learner, some_words(learner.rng), 250_000)
    got = [call[:1] + call[2:3] for call in calls]
    assert got == [[i, i] for i in range(1, len(calls) + 1)], (
        f"(step, uses of this memory) should be (1, 1), (2, 2) ...; got {got[:4]}"
    )


def check_says(learner):
    """At the end one line says how many words were read, in how many steps, and how many weights there are."""
    words = some_words(learner.rng)
    steps = len(watched(learner, words, 250_000))
    said = learner.eval("said")
    assert len(said) == 1 and [*map(int, re.findall("[0-9]+", said[0]))] == [2 * steps, steps, 735], (
        f"`{2 * steps} words in {steps} steps for 735 weights`; train printed {said}"
    )


def check_learns(learner):
    """With the real Adam, the table learns what follows what."""
    run(
        learner,
        "from given_training import adam, predict, price\nBATCH_WORDS, LEARNING_RATE, WARMUP, FINAL_RATE = 4, 0.3, 0.1, 0.0\n"
        "weights = make_weights()\ntrain(weights, ['ab', 'ac', 'ab', 'ab'], 1_200_000)\nlearned = softmax(weights['out'].rows[0])",
    )
    got = learner.eval("learned")
    assert abs(got[1] - 0.75) < 0.1, f"after a comes b in three of four words; the table learned a chance of {got[1]:.2f}"
