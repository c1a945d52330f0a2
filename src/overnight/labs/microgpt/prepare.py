"""What every candidate shares and none may change: the words to learn from, the tokens, and the cost of training.

Frozen. `train.py` and `network.py` read it.
"""

import random
from pathlib import Path

LETTERS = "abcdefghijklmnopqrstuvwxyz"
END = len(LETTERS)  # the token before the first letter of a word and after its last one
TOKENS = END + 1
CONTEXT = 16  # no word is longer than 15 letters

Matrix = list[list[float]]


def training_words(shuffle: random.Random) -> list[str]:
    """All words of `words.txt`, in an order that belongs to the seed."""
    words = Path(__file__).with_name("words.txt").read_text(encoding="ascii").split()
    shuffle.shuffle(words)
    return words


def encode(word: str) -> list[int]:
    """A word as tokens: END, its letters, END."""
    return [END, *map(LETTERS.index, word), END]


def price(parameters: int, tokens: int) -> int:
    """What it costs to learn from `tokens` tokens with this many parameters.

    A larger network gets fewer words for the same budget, so that every trial takes about the same CPU time. The
    constant is what a token costs besides its multiplications: attention, norms and Python itself (measured).
    """
    return tokens * (parameters + 1500)
