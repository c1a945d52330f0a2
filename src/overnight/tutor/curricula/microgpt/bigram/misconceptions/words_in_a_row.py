"""The end of one word leads to the start of the next.

Words are read alone. END follows END only in an empty word.
"""
from given_bigram import *

def count(words):
    """A table of TOKENS rows and TOKENS columns: counts[before][after] says how often `after` follows `before`."""
    counts = [[0] * TOKENS for _ in range(TOKENS)]
    tokens = [token for word in words for token in encode(word)]
    for before, after in zip(tokens, tokens[1:]):
        counts[before][after] += 1
    return counts


def chances(counts, extra):
    """Each row of counts, with `extra` added to every number of it, as chances that sum to 1."""
    rows = [[number + extra for number in row] for row in counts]
    return [[number / sum(row) for number in row] for row in rows]
