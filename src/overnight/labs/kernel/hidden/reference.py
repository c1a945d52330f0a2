"""The right answers, by another way than the kernel starts with: a column of the table is two whole numbers.

Source: Myers, "A fast bit-vector algorithm for approximate string matching based on dynamic programming" (1999), in the
form of Hyyrö (2003).
"""


def nearest(words: list[str], queries: list[str]) -> list[tuple[int, int]]:
    """For each query, the index of the nearest word (the first of several) and its distance."""
    answers = []
    for query in queries:
        places = letter_places(query)
        best, index = min((distance(places, len(query), word), index) for index, word in enumerate(words))
        answers.append((index, best))
    return answers


def letter_places(text: str) -> dict[str, int]:
    """For each letter a number whose bits are its positions in the text."""
    places: dict[str, int] = {}
    for place, letter in enumerate(text):
        places[letter] = places.get(letter, 0) | 1 << place
    return places


def distance(places: dict[str, int], length: int, word: str) -> int:
    """The distance of the text with these letter places to a word.

    Bit i of `up` (`down`) says that the table's number in row i + 1 is one more (less) than that in row i.
    """
    if not length:
        return len(word)
    every, last = (1 << length) - 1, 1 << length - 1
    up, down, score = every, 0, length
    for letter in word:
        here = places.get(letter, 0)
        same = ((here & up) + up ^ up) | here | down
        right, left = down | ~(same | up) & every, up & same
        score += bool(right & last) - bool(left & last)
        right, left = right << 1 | 1, left << 1
        up, down = (left | ~(same | right)) & every, right & same & every
    return score
