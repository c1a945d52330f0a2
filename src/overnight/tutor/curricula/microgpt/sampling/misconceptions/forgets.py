"""Only the last token goes in.

The network could not look back: it was trained on all tokens so far.
"""
from given_sampling import *

def sample(weights, temperature=0.8):
    """Make up a word: predict, draw, append, again."""
    tokens = [END]
    while len(tokens) <= CONTEXT and END not in tokens[1:]:
        logits = predict(weights, tokens[-1:]).rows[-1]
        tokens += random.choices(range(TOKENS), softmax([v / temperature for v in logits]))
    tape.clear()
    return "".join(LETTERS[token] for token in tokens if token != END)
