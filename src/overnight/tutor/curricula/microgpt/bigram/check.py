def near(a, b):
    """Whether both have the same shape, and numbers that differ by less than a millionth."""
    if isinstance(b, list):
        return isinstance(a, list) and len(a) == len(b) and all(map(near, a, b))
    return isinstance(a, (int, float)) and abs(a - b) <= 1e-6 * (1 + abs(b))


EXPLAINS = {
    "check_rows_sum_to_1": "whole_table",
    "check_two_words": "one_row",
    "check_each_word_alone": "words_in_a_row",
    "check_extra": "extra_after",
}


def some_words(rng):
    return ["".join(rng.choice("abcdez") for _ in range(rng.randint(2, 7))) for _ in range(12)]


def counted(words):
    table = [[0] * 27 for _ in range(27)]
    for word in words:
        numbers = [26, *(ord(letter) - 97 for letter in word), 26]
        for i in range(len(numbers) - 1):
            table[numbers[i]][numbers[i + 1]] += 1
    return table


def check_two_words(learner):
    """The pairs of `ab` and `aa`, by hand."""
    table = learner.eval("count(['ab', 'aa'])")
    seen = {(i, j): number for i, row in enumerate(table) for j, number in enumerate(row) if number}
    right = {(26, 0): 2, (0, 0): 1, (0, 1): 1, (0, 26): 1, (1, 26): 1}
    assert seen == right, f"in `ab` and `aa` the pairs (before, after) are {right}; count found {dict(list(seen.items())[:6])}"


def check_each_word_alone(learner):
    """No pair reaches from one word into the next."""
    table = learner.eval("count(['ab', 'ba'])")
    assert table[26][26] == 0, f"END follows END {table[26][26]} times in `ab`, `ba`; no word has that pair"


def check_count(learner):
    """The counts of many words."""
    words = some_words(learner.rng)
    assert learner.eval(f"count({words!r})") == counted(words), f"other counts than the pairs in {words}"


def check_rows_sum_to_1(learner):
    """After each token the chances of all tokens sum to 1."""
    words = some_words(learner.rng)
    sums = [sum(row) for row in learner.eval(f"chances(count({words!r}), 1)")]
    assert near(sums, [1.0] * 27), f"the chances after `a` sum to {sums[0]:.3f}"


def check_extra(learner):
    """The extra is added to each count before it is divided."""
    table = learner.eval("chances([[3, 1, 0], [0, 0, 2], [1, 0, 0]], 1)")
    assert near(table[0], [4 / 7, 2 / 7, 1 / 7]), f"counts 3, 1, 0 with an extra of 1 are 4, 2, 1 of 7; got {table[0]}"


def check_chances(learner):
    """The chances of many words, with another extra."""
    words, extra = some_words(learner.rng), learner.rng.choice((0.25, 0.5, 2))
    right = [[(number + extra) / (sum(row) + 27 * extra) for number in row] for row in counted(words)]
    assert near(learner.eval(f"chances({counted(words)!r}, {extra})"), right), (
        f"other chances than those of {words} with an extra of {extra}"
    )


def check_not_changed(learner):
    """The counts that are given are left as they are."""
    learner.eval("exec('mine = [[1, 2], [0, 1]]', globals())")
    learner.eval("chances(mine, 1)")
    left = learner.eval("mine")
    assert left == [[1, 2], [0, 1]], f"chances changed the counts that it was given, to {left}"
