"""Nobody goes back, so the tape does not matter.

Every prediction left its tensors on it: the next backward would go through them.
"""
from given_sampling import *

def sample(weights, temperature=0.8):
    """Make up a word: predict, draw, append, again."""
    tokens = [END]
    while len(tokens) <= CONTEXT and END not in tokens[1:]:
        logits = predict(weights, tokens).rows[-1]
        tokens += random.choices(range(TOKENS), softmax([v / temperature for v in logits]))
    return "".join(LETTERS[token] for token in tokens if token != END)
