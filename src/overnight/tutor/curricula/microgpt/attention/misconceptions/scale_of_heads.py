"""The scale comes from the number of heads.

Two heads of 3 numbers: 3 products are summed, and the root of 3 is what they grow by.
"""
from given_attention import *

def attend(x, weights, head):
    """Each token compares its query with the keys of the tokens so far and takes the values of those that match."""
    query, key = linear(x, weights["query" + head]), linear(x, weights["key" + head])
    value = linear(weights["value" + head], x)  # lying on its side: a column for each token
    chances = look_back(linear(query, key), scale=HEADS ** -0.5)
    return linear(linear(chances, value), weights["mix" + head])
