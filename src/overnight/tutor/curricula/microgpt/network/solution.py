from given_network import *

def make_weights():
    per_head = WIDTH // HEADS
    shapes = {"token": (TOKENS, WIDTH), "position": (CONTEXT, WIDTH)}
    shapes |= {} if TIED_EMBEDDINGS else {"out": (TOKENS, WIDTH)}
    for layer in range(LAYERS):
        for head in range(HEADS):
            shapes |= {f"{part}{layer}.{head}": (per_head, WIDTH) for part in ("query", "key", "value")}
            shapes |= {f"mix{layer}.{head}": (WIDTH, per_head)}
        shapes |= {f"up{layer}": (MLP_RATIO * WIDTH, WIDTH), f"down{layer}": (WIDTH, MLP_RATIO * WIDTH)}
    return {name: Tensor([[random.gauss(0, INIT_STD) for _ in range(n)] for _ in range(m)])
            for name, (m, n) in shapes.items()}


def predict(weights, tokens):
    """For each token, a logit for each token that may follow it."""
    x = norm(add(lookup(weights["token"], tokens), lookup(weights["position"], range(len(tokens)))))
    for layer in range(LAYERS):
        seen = norm(x)
        for head in range(HEADS):
            x = add(x, attend(seen, weights, f"{layer}.{head}"))
        x = add(x, linear(relu(linear(norm(x), weights[f"up{layer}"])), weights[f"down{layer}"]))
    return linear(norm(x), weights["token" if TIED_EMBEDDINGS else "out"])
