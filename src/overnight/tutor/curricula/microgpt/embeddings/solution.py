from given_embeddings import *

def lookup(table, indices):
    """The row of `table` at each index; a row that is read twice takes the blame twice."""
    def pull(g):
        slope = [[0.0] * len(row) for row in table.rows]
        for index, row in zip(indices, g):
            slope[index] = [s + r for s, r in zip(slope[index], row)]
        return (slope,)
    return Tensor([table.rows[index] for index in indices], (table,), pull)


def surprise(logits, targets):
    """The loss: -ln of the chance given to what really came next, summed over the tokens."""
    chances = [softmax(row) for row in logits.rows]
    def pull(g):
        return ([[g[0][0] * (c - (i == target)) for i, c in enumerate(row)] for row, target in zip(chances, targets)],)
    return Tensor([[-sum(math.log(row[target]) for row, target in zip(chances, targets))]], (logits,), pull)
