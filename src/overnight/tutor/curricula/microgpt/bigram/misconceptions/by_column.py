"""A column sums to 1.

That answers what came before; the model has to say what comes after.
"""
from given_bigram import *

def count(words):
    """A table of TOKENS rows and TOKENS columns: counts[before][after] says how often `after` follows `before`."""
    counts = [[0] * TOKENS for _ in range(TOKENS)]
    for word in words:
        tokens = encode(word)
        for before, after in zip(tokens, tokens[1:]):
            counts[before][after] += 1
    return counts


def chances(counts, extra):
    """Each row of counts, with `extra` added to every number of it, as chances that sum to 1."""
    rows = [[number + extra for number in row] for row in counts]
    return [[number / sum(other[i] for other in rows) for i, number in enumerate(row)] for row in rows]
