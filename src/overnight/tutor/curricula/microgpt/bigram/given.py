LETTERS = "abcdefghijklmnopqrstuvwxyz"
END = len(LETTERS)  # 26: before the first letter of a word and after its last
TOKENS = END + 1


def encode(word):
    """A word as tokens: END, its letters, END."""
    return [END, *map(LETTERS.index, word), END]
