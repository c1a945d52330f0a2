from given_sampling import *

def sample(weights, temperature=0.8):
    """Make up a word: predict, draw, append, again; until END, or until CONTEXT tokens were read. Leaves the tape empty."""
    tokens = [END]
    ...
