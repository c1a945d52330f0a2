"""Scaling the chances does the same as scaling the scores.

A softmax of half the scores is flatter; half the chances do not even sum to 1.
"""
from given_causal import *

def look_back(scores, scale):
    """Row i, scaled, to chances over columns 0 to i: a token must not see what comes after it."""
    rows = [row[:i + 1] for i, row in enumerate(scores.rows)]
    out = [[v * scale for v in softmax(row)] + [0.0] * (len(rows) - len(row)) for row in rows]
    def pull(g):
        mean = [sum(map(mul, row, slope)) for row, slope in zip(out, g)]
        return ([[scale * v * (s - m) for v, s in zip(*both)] for *both, m in zip(out, g, mean)],)
    return Tensor(out, (scores,), pull)
