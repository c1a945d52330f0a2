EXPLAINS = {"check_the_ends": "no_end", "check_every_letter": "shares_a_number", "check_what_is_read": "only_the_last"}


def some_word(rng):
    return "".join(rng.choice("abcdefghijklmnopqrstuvwxyz") for _ in range(rng.randint(4, 9)))


def check_the_ends(learner):
    """A word as tokens begins and ends with END."""
    tokens = learner.eval("encode('hi')")
    assert tokens == [26, 7, 8, 26], (
        f"encode('hi') gives {tokens}; h is 7, i is 8, and END, 26, is on both sides: [26, 7, 8, 26]"
    )


def check_encode(learner):
    """A letter has the same number in every word: its place in the alphabet."""
    word = some_word(learner.rng)
    right = [26, *(ord(letter) - ord("a") for letter in word), 26]
    tokens = learner.eval(f"encode({word!r})")
    assert tokens == right, f"encode({word!r}) gives {tokens}, not {right}"


def check_every_letter(learner):
    """27 tokens: 26 letters and END, each with a number of its own."""
    assert learner.eval("[END, TOKENS]") == [26, 27], "the letters use 0 to 25: END is 26, and there are 27 tokens"
    tokens = learner.eval("encode(LETTERS)")
    assert tokens == [26, *range(26), 26], f"encode(LETTERS) gives {tokens}: a to z are 0 to 25, and END is around them"


def check_decode(learner):
    """Decoding undoes encoding, and END is no letter."""
    word = some_word(learner.rng)
    back = learner.eval(f"decode(encode({word!r}))")
    assert back == word, f"decode(encode({word!r})) gives {back!r}"
    letters = learner.eval("decode(range(27))")
    assert letters == "abcdefghijklmnopqrstuvwxyz", f"the tokens 0 to 26 decode to {letters!r}: a to z, and nothing for END"


def check_number_of_predictions(learner):
    """A word of n letters has n + 1 predictions: each letter, and the end."""
    word = some_word(learner.rng)
    made = len(learner.eval(f"predictions({word!r})"))
    assert made == len(word) + 1, f"predictions({word!r}) has {made}: there are {len(word)} letters and the end to predict"


def check_what_is_read(learner):
    """Each prediction has read all tokens before its own, and not its own."""
    made = learner.eval("predictions('hi')")
    right = [[[26], 7], [[26, 7], 8], [[26, 7, 8], 26]]
    assert made == right[: len(made)], f"predictions('hi') gives {made}, not {right}"
    word = some_word(learner.rng)
    for read, after in learner.eval(f"predictions({word!r})"):
        assert read + [after] == [26, *(ord(letter) - 97 for letter in word), 26][: len(read) + 1], (
            f"in {word!r}, {after} does not follow {read}"
        )
