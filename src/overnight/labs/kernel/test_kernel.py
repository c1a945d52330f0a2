"""What a kernel must do, on inputs small enough to read. Frozen; `python -m unittest -q test_kernel` runs it."""

import random
import unittest

from inputs import make_inputs
from kernel import nearest


def plain_distance(a: str, b: str) -> int:
    """The textbook algorithm: slow, but easy to check."""
    row = list(range(len(b) + 1))
    for i, x in enumerate(a, 1):
        above, row[0] = row[0], i
        for j, y in enumerate(b, 1):
            above, row[j] = row[j], min(row[j] + 1, row[j - 1] + 1, above + (x != y))
    return row[-1]


def plain_nearest(words: list[str], queries: list[str]) -> list[tuple[int, int]]:
    distances = [[plain_distance(query, word) for word in words] for query in queries]
    return [(row.index(min(row)), min(row)) for row in distances]


class NearestTest(unittest.TestCase):
    def test_known_distances(self) -> None:
        for a, b, distance in [("", "", 0), ("", "abc", 3), ("abc", "", 3), ("kitten", "sitting", 3), ("a𝄞b", "ab", 1)]:
            self.assertEqual([tuple(answer) for answer in nearest([a], [b])], [(0, distance)])

    def test_the_first_of_equals_wins(self) -> None:
        self.assertEqual([tuple(answer) for answer in nearest(["abd", "abc", "abe"], ["abx", "abe"])], [(0, 1), (2, 0)])

    def test_random_texts_of_few_letters(self) -> None:
        draw = random.Random(1)
        texts = ["".join(draw.choice("ab") for _ in range(draw.randint(0, 9))) for _ in range(60)]
        self.assertEqual([tuple(answer) for answer in nearest(texts[:40], texts[40:])], plain_nearest(texts[:40], texts[40:]))

    def test_long_texts(self) -> None:
        words = ["ab" * 100, "ba" * 100, "a" * 150]
        queries = ["ab" * 90 + "x" * 20, "b" * 200]
        self.assertEqual([tuple(answer) for answer in nearest(words, queries)], plain_nearest(words, queries))

    def test_inputs_of_a_trial(self) -> None:
        words, queries = make_inputs(0)
        words, queries = words[:50], queries[:10]
        self.assertEqual([tuple(answer) for answer in nearest(words, queries)], plain_nearest(words, queries))
