"""Any token that is possible is drawn.

Tokens are drawn with their chances, not all alike.
"""
from given_sampling import *

def sample(weights, temperature=0.8):
    """Make up a word: predict, draw, append, again."""
    tokens = [END]
    while len(tokens) <= CONTEXT and END not in tokens[1:]:
        logits = predict(weights, tokens).rows[-1]
        tokens += random.choices(range(TOKENS), [float(v > -50) for v in logits])
    tape.clear()
    return "".join(LETTERS[token] for token in tokens if token != END)
