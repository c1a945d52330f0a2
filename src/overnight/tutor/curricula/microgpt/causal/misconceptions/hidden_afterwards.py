"""Take the chances over all columns, then set the later ones to 0.

The rest no longer sums to 1: with equal scores, the first of four tokens would keep a quarter.
"""
from given_causal import *

def look_back(scores, scale):
    """Row i, scaled, to chances over columns 0 to i: a token must not see what comes after it."""
    rows = [[v * scale for v in row] for i, row in enumerate(scores.rows)]
    out = [[v if j <= i else 0.0 for j, v in enumerate(softmax(row))] for i, row in enumerate(rows)]
    def pull(g):
        mean = [sum(map(mul, row, slope)) for row, slope in zip(out, g)]
        return ([[scale * v * (s - m) for v, s in zip(*both)] for *both, m in zip(out, g, mean)],)
    return Tensor(out, (scores,), pull)
