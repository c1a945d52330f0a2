"""Words of a sentence that were mistyped, put right where only one word of the grammar is near. Pure."""

from collections.abc import Sequence
from difflib import get_close_matches
from functools import cache

from overnight.claw.grammar.sentence import Sentence

LEAST = 4  # letters of a word that is looked at; shorter ones are near to too many
NEAR = 0.8  # as difflib measures it: one or two letters
MOST = 12  # words from the beginning


@cache
def _vocabulary(sentences: Sequence[Sentence]) -> frozenset[str]:
    return frozenset(word for sentence in sentences for word in sentence.words)


def corrected(text: str, sentences: Sequence[Sentence]) -> str:
    """The sentence as it was meant, perhaps; empty if no word of it was mistyped."""
    vocabulary = _vocabulary(tuple(sentences))
    words = text.split(" ")
    fixed = [*(_fixed(word, vocabulary) for word in words[:MOST]), *words[MOST:]]
    return " ".join(fixed) if fixed != words else ""


def _fixed(word: str, vocabulary: frozenset[str]) -> str:
    plain = word.lower()
    if len(plain) < LEAST or plain in vocabulary or not plain.isalpha():
        return word
    near = [each for each in get_close_matches(plain, vocabulary, n=2, cutoff=NEAR) if abs(len(each) - len(plain)) <= 1]
    return near[0] if near else word
