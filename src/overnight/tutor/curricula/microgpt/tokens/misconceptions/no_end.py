"""The end of a word is not predicted.

Then nobody says when `cat` is over: a model that never learned to stop writes on for ever. `cat` is [26, 2, 0, 19, 26].
"""

LETTERS = "abcdefghijklmnopqrstuvwxyz"
END = len(LETTERS)  # 26: before the first letter of a word and after its last
TOKENS = END + 1


def encode(word):
    """A word as tokens: END, its letters, END."""
    return [END, *map(LETTERS.index, word)]


def decode(tokens):
    """The letters of the tokens as text; END is no letter."""
    return "".join(LETTERS[token] for token in tokens if token != END)


def predictions(word):
    """For each prediction: the list of tokens read so far, and the token that comes next."""
    tokens = encode(word)
    return [(tokens[:i], tokens[i]) for i in range(1, len(tokens))]
