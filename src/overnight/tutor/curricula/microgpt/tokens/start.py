LETTERS = "abcdefghijklmnopqrstuvwxyz"
END = len(LETTERS)  # 26: before the first letter of a word and after its last
TOKENS = END + 1


def encode(word):
    """A word as tokens: END, its letters, END."""
    ...


def decode(tokens):
    """The letters of the tokens as text; END is no letter."""
    ...


def predictions(word):
    """For each prediction: the list of tokens read so far, and the token that comes next."""
    ...
