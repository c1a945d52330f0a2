from given_embeddings import *

def lookup(table, indices):
    """The row of `table` at each index, as a tensor."""
    def pull(g):
        """From the slope of what was read, a row for each index, to that of the whole table."""
        ...
    return Tensor(..., (table,), pull)


def surprise(logits, targets):
    """The loss: -ln of the chance given to what really came next, summed over the tokens; a tensor (1, 1)."""
    chances = [softmax(row) for row in logits.rows]
    def pull(g):
        """From the slope of the loss, g[0][0], to that of each logit."""
        ...
    return Tensor(..., (logits,), pull)
