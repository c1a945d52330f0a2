from given_bigram import *

def count(words):
    """A table of TOKENS rows and TOKENS columns: counts[before][after] says how often `after` follows `before`."""
    ...


def chances(counts, extra):
    """Each row of counts, with `extra` added to every number of it, as chances that sum to 1."""
    ...
