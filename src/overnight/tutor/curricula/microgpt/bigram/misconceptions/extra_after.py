"""The extra is added to the chances.

Then a row sums to more than 1. It is added to the counts, as if each pair had been seen so often more.
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
    rows = counts
    return [[number / sum(row) + extra for number in row] for row in rows]
