from given_attention import *

def attend(x, weights, head):
    """Each token compares its query with the keys of the tokens so far and takes the values of those that match.

    x is (n, WIDTH). weights["query" + head], ["key" + head] and ["value" + head] are (WIDTH // HEADS, WIDTH), weights["mix" + head]
    is (WIDTH, WIDTH // HEADS). The result is (n, WIDTH): what is added to x.
    """
    query = linear(x, weights["query" + head])
    ...
