"""Builds a codec for the journals of journal.py and writes it to codec.json: the shorter it makes unseen ones, the better.

A codec is data, see engine.py: a prime text that both sides read first, and up to six contexts, each a list of
features to look at. What to put in there is found out here, from as many samples as you like.

Try it: python build.py --seed 1 && python score.py --seed 1
"""

import argparse
import json

from engine import LONGEST_PRIME, MOST_CONTEXTS
from journal import write_journal

# What to look at; the first MOST_CONTEXTS that are switched on count.
BYTE = True
TWO_BYTES = True
THREE_BYTES = True
FOUR_BYTES = False
WORD = True
TWO_WORDS = False
COLUMN = False
FIELD = False
MATCH = False
# How to learn from what is seen.
LEARNING_RATE = 0.02  # of the mixer
FIRST_WEIGHT = 0.3
MEMORY = 255  # bits
TRUST = 1.0  # bits


def build(seed: int) -> dict[str, object]:
    """The codec in the form that engine.py reads."""
    return {
        "prime": make_prime(write_journal(seed, 10_000)[0].decode("ascii")),
        "contexts": contexts()[:MOST_CONTEXTS],
        "learning_rate": LEARNING_RATE,
        "first_weight": FIRST_WEIGHT,
        "memory": MEMORY,
        "trust": TRUST,
    }


def contexts() -> list[list[str]]:
    switches = [
        (BYTE, ["b1"]),
        (TWO_BYTES, ["b1", "b2"]),
        (THREE_BYTES, ["b1", "b2", "b3"]),
        (FOUR_BYTES, ["b1", "b2", "b3", "b4"]),
        (WORD, ["b1", "word"]),
        (TWO_WORDS, ["b1", "word", "last_word"]),
        (COLUMN, ["column", "above"]),
        (FIELD, ["event", "field", "b1"]),
        (MATCH, ["match"]),
    ]
    return [features for on, features in switches if on]


def make_prime(sample: str) -> str:
    """The end of a sample, for lack of a better selection."""
    return sample[-LONGEST_PRIME:]


if __name__ == "__main__":
    parser = argparse.ArgumentParser()
    parser.add_argument("--seed", type=int, required=True, help="of the sample journal")
    with open("codec.json", "w", encoding="ascii") as file:
        json.dump(build(parser.parse_args().seed), file)
