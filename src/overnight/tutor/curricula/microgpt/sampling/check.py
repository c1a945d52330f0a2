import math


def run(learner, code):
    """Execute statements in the namespace of answer.py."""
    learner.eval(f"exec({code!r}, globals())")


EXPLAINS = {
    "check_chances": "greedy",
    "check_temperature": "times",
    "check_what_goes_in": "forgets",
    "check_tape": "tape_stays",
    "check_the_end": "without_end",
}
SPY = """
seen = []
def predict(weights, tokens):
    seen.append(list(tokens))
    result = Tensor([[5.0 * (i == j) for i in range(27)] for j in range(len(tokens) - 1)] + [logits_after(list(tokens))], (), lambda g: ())
    return result
def only(*likely):
    row = [-1000.0] * 27
    for token, logit in likely:
        row[token] = logit
    return row
"""


def watch(learner, logits):
    """Replace the network by one that is known: `logits`, an expression over the tokens so far."""
    run(
        learner,
        f"tape.clear()\nrandom.seed({learner.rng.randrange(10**6)})\n" + SPY + f"logits_after = lambda tokens: {logits}",
    )


def share_of_b(learner, call):
    """How many of 500 words are `b`, if a word is `a` or `b`."""
    watch(learner, "only((0, 0.0), (1, math.log(3))) if tokens == [26] else only((26, 0.0))")
    words = learner.eval(f"[{call} for _ in range(500)]")
    assert set(words) <= {"a", "b"}, f"only `a` and `b` are possible; sample made {sorted(set(words))[:5]}"
    return words.count("b") / len(words)


def check_one_word(learner):
    """A network that is sure writes its word, without END."""
    word = "".join(learner.rng.choice("abcdefgh") for _ in range(learner.rng.randint(3, 7)))
    tokens = [ord(letter) - 97 for letter in word] + [26]
    watch(learner, f"only((({tokens} + [26] * 16)[len(tokens) - 1], 0.0))")
    got = learner.eval("sample({})")
    assert got == word, f"a network that is sure of {word!r} wrote {got!r}"


def check_what_goes_in(learner):
    """Each prediction reads all tokens so far, from END on."""
    watch(learner, "only((([7, 8] + [26] * 16)[len(tokens) - 1], 0.0))")
    learner.eval("sample({})")
    got = learner.eval("seen")
    assert got == [[26], [26, 7], [26, 7, 8]], f"for `hi` it reads [26], [26, 7] and [26, 7, 8]; got {got[:5]}"


def check_the_end(learner):
    """A word is over at END, even at once, or when CONTEXT tokens were read."""
    watch(learner, "only((26, 0.0))")
    assert learner.eval("sample({})") == "", "END as the first token makes an empty word"
    asked = learner.eval("len(seen)")
    assert asked == 1, f"END was drawn at once, and yet the network was asked {asked} times"
    watch(learner, "only((3, 0.0))")
    got = learner.eval("sample({})")
    longest = max(map(len, learner.eval("seen")))
    assert got == "d" * 16 and longest == 16, (
        f"a network that never ends writes 16 letters, and reads at most CONTEXT = 16 tokens; got "
        f"{len(got)} letters, {longest} read"
    )


def check_chances(learner):
    """Tokens are drawn with their chances."""
    got = share_of_b(learner, "sample({}, 1.0)")
    assert abs(got - 0.75) < 0.1, f"`b` has a chance of 0.75 and was drawn in {got:.2f} of 500 words"


def check_temperature(learner):
    """The logits are divided by the temperature before the softmax."""
    for call, temperature in (("sample({}, 0.25)", 0.25), ("sample({}, temperature=3.0)", 3.0)):
        right = 1 / (1 + 3 ** (-1 / temperature))
        got = share_of_b(learner, call)
        assert abs(got - right) < 0.11, (
            f"logits 0 and ln 3 at a temperature of {temperature}: `b` has a chance of {right:.2f}; it "
            f"was drawn in {got:.2f} of 500 words"
        )


def check_default_temperature(learner):
    """Without a temperature it is 0.8: the same draws make the same words."""
    seed = learner.rng.randrange(10**6)
    watch(learner, "only((0, 0.0), (1, 1.0), (2, 2.0), (26, -1.0))")
    by_default, right = (
        learner.eval(f"[random.seed({seed}), [sample({{}}{more}) for _ in range(30)]]")[1] for more in ("", ", 0.8")
    )
    assert by_default == right, (
        f"sample(weights) wrote {by_default[:3]}, and sample(weights, 0.8) {right[:3]} from the same draws"
    )


def check_tape(learner):
    """Nothing is left on the tape."""
    watch(learner, "only((([7, 8] + [26] * 16)[len(tokens) - 1], 0.0))")
    learner.eval("sample({})")
    left = learner.eval("len(tape)")
    assert left == 0, f"{left} tensors are left on the tape; the next backward would go through them"
