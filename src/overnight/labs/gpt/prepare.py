"""What every candidate shares and none may change: the text to learn from, the tokens, and the cost of training.

Frozen. `train.py` reads it; the scorer has its own copy of the tokens.
"""

from pathlib import Path

CONTEXT = 96  # tokens that a network reads at once; no story is longer
END = 0  # the token between stories

HERE = Path(__file__).parent


def vocabulary() -> list[str]:
    """The words by their tokens; token 0 is the end of a story."""
    return ["\n", *HERE.joinpath("vocabulary.txt").read_text(encoding="ascii").split()]


def training_stories() -> list[list[int]]:
    """Every story of `train.txt` as tokens, without the END that comes before and after it."""
    token = {word: number for number, word in enumerate(vocabulary())}
    lines = HERE.joinpath("train.txt").read_text(encoding="ascii").splitlines()
    return [[token[word] for word in line.split(" ")] for line in lines]


def price(matrix_weights: int, attention_width: int, tokens: int) -> int:
    """The floating-point operations of learning from `tokens` tokens, forward and backward.

    `matrix_weights` are those that a token is multiplied with (tables that are only looked up cost nothing), `attention_width`
    is the sum of the widths of all layers. Source: the usual count, six a weight, and twelve for each pair of tokens and unit
    of width, which attend to half of a context on average.
    """
    return tokens * (6 * matrix_weights + 6 * CONTEXT * attention_width)
