"""The chances are divided by the temperature.

All by the same number: their proportions, and so what is drawn, stay the same.
"""
from given_sampling import *

def sample(weights, temperature=0.8):
    """Make up a word: predict, draw, append, again."""
    tokens = [END]
    while len(tokens) <= CONTEXT and END not in tokens[1:]:
        logits = predict(weights, tokens).rows[-1]
        tokens += random.choices(range(TOKENS), [v / temperature for v in softmax(logits)])
    tape.clear()
    return "".join(LETTERS[token] for token in tokens if token != END)
