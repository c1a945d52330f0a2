"""The shape of a proposal, so that the same change in another spelling is not measured twice and similar ones are found.

A *shape* is 16 hex digits for what the base becomes, regardless of comments, blank lines and layout, and the hashes of up to
twelve words on the lines of code that the proposal changes. Two proposals for one base with the same first part do the same,
and one of them is refused. On another base the first part differs: the head has moved, and what was discarded then may help
now; the brief only mentions such attempts.

Words of hypotheses and of changed lines are hashed the same way, so that an idea finds past attempts by either.
"""

import hashlib
import math
import re
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence

from overnight.git.port import FileChange
from overnight.program.program import Metric
from overnight.research.changes.canonical import canonical
from overnight.research.changes.code_size import code_lines
from overnight.research.experiment import Experiment
from overnight.research.ideas.text import words_of
from overnight.words.foreign import printable

MEANING = 16  # hex digits of a shape's first part
TERM = 8  # hex digits of a hashed word
MOST_WORDS = 12  # of changed lines, and of a hypothesis
NEWEST = 64  # experiments remembered per word in the search for similar ones
ENOUGH = 0.3  # of the total weight of the query's words: an attempt that shares less is not similar
SHORTEST = 2  # letters of a word
REASON = 160  # characters of an earlier verdict's reason

_SAID_OF_ANY_CHANGE = (
    "self def return import none true false add added change changed new old set step local edit file raise lower one"
)
_TALK = frozenset(_SAID_OF_ANY_CHANGE.split())
_MEASURES_TEXT = re.compile(r"size|bytes|lines|loc|char|length|token", re.IGNORECASE)


# --- The same ---


def shape_of(changes: Sequence[FileChange], before: Mapping[str, bytes], base: str) -> str:
    """The shape of a proposal; `before` has the contents of the changed files that exist in the base."""
    return meaning_of(changes, before, base) + "".join(f"{term:0{TERM}x}" for term in _changed_terms(changes, before))


def meaning_of(changes: Sequence[FileChange], before: Mapping[str, bytes], base: str) -> str:
    """The first part of the shape alone, which takes a third of the time of the whole."""
    digest = hashlib.sha256(base.encode())
    for change in sorted(changes, key=lambda change: change.path):
        after = "removed" if change.content is None else canonical(change.path, change.content)
        if change.content is None or change.path not in before or after != canonical(change.path, before[change.path]):
            digest.update(f"\n{change.path}\0{after}".encode(errors="surrogatepass"))
    return digest.hexdigest()[:MEANING]


def meaning(shape: str) -> str:
    """The part of a shape that is equal for proposals for one base that do the same; empty if there is no shape."""
    return shape[:MEANING]


def changes_no_code(changes: Sequence[FileChange], before: Mapping[str, bytes], metric: Metric) -> bool:
    """Whether only comments, blank lines, docstrings and layout differ; False if the metric may measure those."""
    if _MEASURES_TEXT.search(metric.name):
        return False
    return all(
        change.content is not None
        and change.path in before
        and canonical(change.path, change.content) == canonical(change.path, before[change.path])
        for change in changes
    )


def already_tried(earlier: Experiment) -> str:
    """Why the same change is refused, with the earlier outcome."""
    if earlier.conclusion is None:
        return f"nearly the same change is being tried in #{earlier.number}"
    reason = printable(earlier.conclusion.reason, REASON)
    return f"nearly the same change was tried in #{earlier.number}: {earlier.conclusion.verdict}, {reason}"


# --- Like ---


def terms_of(text: str) -> tuple[int, ...]:
    """The hashed words of a hypothesis or an idea, the first few."""
    return tuple(_hashed(word) for word in _telling(words_of(text))[:MOST_WORDS])


def terms_of_shape(shape: str) -> tuple[int, ...]:
    """The hashed words of the lines that a proposal changed; none if the text is not a shape."""
    rest = shape[MEANING:]
    pieces = [rest[at : at + TERM] for at in range(0, len(rest), TERM)][:MOST_WORDS]
    return tuple(int(piece, 16) for piece in pieces if re.fullmatch(r"[0-9a-f]{8}", piece))


def rank(found: Mapping[int, Sequence[int]]) -> list[int]:
    """Numbers of experiments, the most similar first, from the newest ones with each term; rare terms weigh more."""
    weights = {term: math.log(1.0 + 2.0 * NEWEST / (len(numbers) or NEWEST)) for term, numbers in found.items()}
    scores: dict[int, float] = {}
    for term, numbers in found.items():
        for number in numbers:
            scores[number] = scores.get(number, 0.0) + weights[term]
    least = ENOUGH * sum(weights.values())
    return sorted((number for number, score in scores.items() if score >= least), key=lambda n: (-scores[n], -n))


def _changed_terms(changes: Sequence[FileChange], before: Mapping[str, bytes]) -> list[int]:
    """The hashed words on lines that are only before or only after; the smallest hashes, as a fair sample."""
    old: Counter[bytes] = Counter()
    new: Counter[bytes] = Counter()
    for change in changes:
        old.update(code_lines(change.path, before.get(change.path, b"")))
        new.update(code_lines(change.path, change.content or b""))
    lines = [*(old - new), *(new - old)]
    words = {word for line in lines for word in _telling(words_of(line.decode(errors="replace")))}
    return sorted(_hashed(word) for word in words)[:MOST_WORDS]


def _telling(words: Sequence[str]) -> list[str]:
    return list(dict.fromkeys(_without_numbers(words)))


def _without_numbers(words: Sequence[str]) -> Iterator[str]:
    return (word for word in words if len(word) >= SHORTEST and word[0].isalpha() and word not in _TALK)


def _hashed(word: str) -> int:
    return int.from_bytes(hashlib.sha256(word.encode(errors="surrogatepass")).digest()[: TERM // 2], "big")
