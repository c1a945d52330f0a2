"""Words and queries of kinds that no public trial has: those of the holdout and of audits.

A kernel that is faster because it looks for less answers these as fast. One that has learnt what public words are like,
how long, of which letters, how badly misspelt, does not.
"""

import random
from collections.abc import Callable

from inputs import misspell, spell

STEMS, WORDS, QUERIES = 60, 500, 70
SYLLABLES = "ba ka lo mi ne ru sa ti vo zu an er is on ul".split()
ENDINGS = ("", "s", "er", "en", "ung", "ly", "ness", "ation", "able", "wise")
LETTERS = "etaoinshrdlu"  # few, as in a language
SIGNS = "0123456789-/:"


def make_sealed(seed: int, split: str) -> tuple[list[str], list[str]]:
    """The words, each once, and the queries of a sealed split."""
    draw = random.Random(f"{split} {seed}")
    return {"holdout": dictionary, "audit": catalogue}[split](draw)


def dictionary(draw: random.Random) -> tuple[list[str], list[str]]:
    """Long words of a language: many share a stem, most queries are nearly right, some are no word at all."""
    stems = ["".join(draw.choices(SYLLABLES, k=draw.randint(1, 5))) for _ in range(STEMS)]
    words = _distinct(lambda: draw.choice(stems) + "".join(draw.choices(SYLLABLES, k=draw.randint(0, 3))) + draw.choice(ENDINGS))
    near = [misspell(draw, draw.choice(words), draw.choice((0, 0, 1, 1, 1, 2)), LETTERS) for _ in range(QUERIES - 8)]
    far = [spell(draw, draw.randint(1, 18), LETTERS) for _ in range(6)]
    return words, _shuffled(draw, [*near, *far, "", words[-1]])


def catalogue(draw: random.Random) -> tuple[list[str], list[str]]:
    """Part numbers: nearly all of one length, of few signs, with digits that were swapped or read wrongly."""
    words = _distinct(lambda: f"{draw.randint(10, 99)}-{draw.randint(0, 9999):04}/{spell(draw, draw.randint(3, 5), SIGNS)}")
    near = [misspell(draw, draw.choice(words), draw.choice((1, 2, 2, 3, 4)), SIGNS) for _ in range(QUERIES - 4)]
    return words, _shuffled(draw, [*near, "", words[0], draw.choice(words)[::-1], draw.choice(words) * 2])


def _distinct(make: Callable[[], str]) -> list[str]:
    return list(dict.fromkeys(make() for _ in range(WORDS)))


def _shuffled(draw: random.Random, queries: list[str]) -> list[str]:
    draw.shuffle(queries)
    return queries
