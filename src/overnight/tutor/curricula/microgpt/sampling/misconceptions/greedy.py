"""The most likely token is taken.

Then the model has one word only, and writes it every time.
"""
from given_sampling import *

def sample(weights, temperature=0.8):
    """Make up a word: predict, draw, append, again."""
    tokens = [END]
    while len(tokens) <= CONTEXT and END not in tokens[1:]:
        logits = predict(weights, tokens).rows[-1]
        tokens.append(max(range(TOKENS), key=logits.__getitem__))
    tape.clear()
    return "".join(LETTERS[token] for token in tokens if token != END)
