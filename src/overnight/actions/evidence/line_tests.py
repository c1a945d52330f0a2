"""Tests of languages that are read line by line: which are gone, and which assertions are gone or ask for less. Pure."""

import re
from collections import Counter
from collections.abc import Iterator
from difflib import SequenceMatcher

from overnight.actions.findings import Weakening

LINE = 100  # characters
MOST = 20  # lines that are compared
ALIKE = 0.6  # of two lines that are versions of one
_NAMES = re.compile(
    r"\b(?:it|test|describe)(?:\.\w+){0,5}\(\s*(['\"`])(?P<a>.+?)\1|\bfunc (?P<b>Test\w+)|\bfn (?P<c>test\w*)"
    r"|@test \"(?P<d>[^\"]+)\"|\bvoid (?P<e>test\w*)\("
)
ASSERTION = re.compile(
    r"\bexpect\(|\bassert\w*[!.(]|\.should\b|\brequire\.[A-Z]|\bt\.(?:Error|Fatal)|\b(?:EXPECT|ASSERT)_\w+\(|\b(?:grep|diff|cmp)\b"
    r"|(?:^|\s)\[{1,2} |\btest \S"
)
_EXACT = re.compile(r"\b(?:toBe|toEqual|toStrictEqual|strictEqual|deepEqual|deepStrictEqual|equal|assert_eq!|toThrow)\b")
_LOOSE = re.compile(
    r"\b(?:toBeTruthy|toBeDefined|toContain|toMatch|toBeCloseTo|toBeGreater\w*|toBeLess\w*|ok|notEqual|notStrictEqual|doesNotThrow"
    r"|toBeInstanceOf|toHaveProperty)\b|\.not\."
)


def weakened_lines(old: str, new: str) -> Iterator[tuple[Weakening, str]]:
    """What became of the tests of a file."""
    for name in names_of(old) - names_of(new):
        yield Weakening.DELETED, f"{name[:LINE]} is gone"
    before, after = _assertions(old), _assertions(new)
    come = list((after - before).elements())[:MOST]
    for line in list((before - after).elements())[:MOST]:
        match = max(come, key=lambda other: SequenceMatcher(None, line, other).ratio(), default="")
        if not match or SequenceMatcher(None, line, match).ratio() < ALIKE:
            yield Weakening.LOOSENED, f"it no longer asks `{line[:LINE]}`"
            continue
        come.remove(match)
        looser = _EXACT.search(line) and not _EXACT.search(match) and _LOOSE.search(match)
        yield Weakening.LOOSENED if looser else Weakening.CHANGED, f"`{line[:LINE]}` became `{match[:LINE]}`"


def names_of(text: str) -> Counter[str]:
    """The names of the tests in a text."""
    return Counter(next(filter(None, found.groupdict().values())) for found in _NAMES.finditer(text))


def _assertions(text: str) -> Counter[str]:
    return Counter(line.strip()[:400] for line in text.splitlines() if ASSERTION.search(line[:400]) and not _NAMES.search(line))
