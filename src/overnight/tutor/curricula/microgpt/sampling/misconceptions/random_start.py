"""A word begins with a letter by chance.

It begins with END, and the first letter is drawn like any other: words rarely begin with x.
"""
from given_sampling import *

def sample(weights, temperature=0.8):
    """Make up a word: predict, draw, append, again."""
    tokens = [END, random.randrange(END)]
    while len(tokens) <= CONTEXT and END not in tokens[1:]:
        logits = predict(weights, tokens).rows[-1]
        tokens += random.choices(range(TOKENS), softmax([v / temperature for v in logits]))
    tape.clear()
    return "".join(LETTERS[token] for token in tokens if token != END)
