"""Pure: which rows of a benchmark are the project's own, by what they are called."""

import re
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from itertools import islice

MOST_NAMES = 1000  # of the project, and of packages that it uses
_IN_WORDS = 4  # letters of a name that is looked for in words, too; a shorter one must be one
_WORD = re.compile(r"[A-Z]?[a-z0-9]+|[A-Z]+(?![a-z])")
_MORE_WORDS = re.compile(r"[a-z]{3,}[0-9]*|[a-z]+[0-9]+[a-z]*")


@dataclass(frozen=True, slots=True, kw_only=True)
class Names:
    """What rows may be called."""

    own: Collection[str]  # names of the project
    foreign: Collection[str]  # of what it may be compared with
    words: Collection[str] = ()  # of the project's names, or of its files

    def picked(self, labels: Sequence[str]) -> Sequence[bool]:
        """For each label whether it is the project's.

        Those with a name of the project are; if none has one, those with a word of it that other labels do not have; if there
        is no such word, those without the name of another package.
        """
        owners = [self._owner(label) for label in labels]
        if any(owners):
            return [owner is True for owner in owners]
        open_ones = [owner is None for owner in owners]
        worded = [is_open and self._has_word(label) for is_open, label in zip(open_ones, labels, strict=True)]
        return worded if any(worded) else open_ones

    def _owner(self, label: str) -> bool | None:
        """Whether a label names the project, by the longest name in it; None if it names nothing that is known."""
        bare, words = _bare(label), {word.lower() for word in _WORD.findall(label)}
        names = [(_bare(name), whose) for whose, names in self._sides() for name in islice(names, MOST_NAMES)]
        found = [(len(name), whose) for name, whose in names if name in (bare if len(name) >= _IN_WORDS else words)]
        return max(found)[1] if found else None

    def _sides(self) -> tuple[tuple[bool, Collection[str]], ...]:
        return (True, self.own), (False, self.foreign)

    def _has_word(self, label: str) -> bool:
        return not words_of(label).isdisjoint(self.words)


def words_of(name: str) -> set[str]:
    """`branchless` and `utf8` of `branchless-utf8`."""
    spaced = re.sub(r"(?<=[a-z0-9])(?=[A-Z])", " ", name).lower()
    return {word for word in re.split(r"[\W_]+", spaced) if _MORE_WORDS.fullmatch(word)}


def _bare(words: str) -> str:
    return re.sub(r"[\W_]+", "", words).lower()
