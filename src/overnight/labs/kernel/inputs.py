"""What a trial asks: a list of words and queries that are misspelt words. Frozen; the seed decides everything.

Every trial has a fresh seed, so there are no answers that could be known beforehand.
"""

import random

ALPHABET = "abcdefghijklmnopqrstuvwxyzéß€𝄞"  # letters that take one to four bytes
WORDS, QUERIES = 600, 80
SHORTEST, LONGEST = 3, 14


def make_inputs(seed: int) -> tuple[list[str], list[str]]:
    """The words, each once, and the queries."""
    draw = random.Random(seed)
    words = list(dict.fromkeys(spell(draw, draw.randint(SHORTEST, LONGEST)) for _ in range(WORDS)))
    queries = [misspell(draw, draw.choice(words), draw.choice((0, 1, 1, 2, 2, 3, 5))) for _ in range(QUERIES - 4)]
    # Oddities, so that an answer is wrong at once if it relies on what is only usual.
    queries += ["", words[0], spell(draw, 3 * LONGEST), draw.choice(words)[::-1]]
    draw.shuffle(queries)
    return words, queries


def spell(draw: random.Random, length: int, alphabet: str = ALPHABET) -> str:
    """Letters with a taste for the first ones of the alphabet, so that words resemble each other."""
    return "".join(alphabet[min(draw.randrange(len(alphabet)), draw.randrange(len(alphabet)))] for _ in range(length))


def misspell(draw: random.Random, word: str, mistakes: int, alphabet: str = ALPHABET) -> str:
    """The word after some letters were lost, added or mistaken."""
    for _ in range(mistakes):
        place = draw.randint(0, len(word))
        letter, skipped = draw.choice((("", 1), (spell(draw, 1, alphabet), 0), (spell(draw, 1, alphabet), 1)))
        word = word[:place] + letter + word[place + skipped :]
    return word
