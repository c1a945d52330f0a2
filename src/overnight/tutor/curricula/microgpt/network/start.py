from given_network import *

def make_weights():
    """All weights by name, each a Tensor (rows, columns) of random numbers: normal, with mean 0 and deviation INIT_STD."""
    per_head = WIDTH // HEADS
    shapes = {"token": (TOKENS, WIDTH), "position": (CONTEXT, WIDTH)}
    ...
    return {name: Tensor([[random.gauss(0, INIT_STD) for _ in range(n)] for _ in range(m)])
            for name, (m, n) in shapes.items()}


def predict(weights, tokens):
    """For each token, a logit for each token that may follow it."""
    x = ...
    for layer in range(LAYERS):
        ...
    return ...
