"""A token takes the value of the best match.

It takes a mean, weighted by the chances; a choice of one has no slope to learn from.
"""
from given_attention import *

def attend(x, weights, head):
    """Each token compares its query with the keys of the tokens so far and takes the values of those that match."""
    query, key = linear(x, weights["query" + head]), linear(x, weights["key" + head])
    value = linear(weights["value" + head], x)  # lying on its side: a column for each token
    chances = look_back(linear(query, key), scale=(WIDTH // HEADS) ** -0.5)
    return linear(linear(Tensor([[float(v == max(row)) for v in row] for row in chances.rows], (chances,), lambda g: (g,)), value), weights["mix" + head])
