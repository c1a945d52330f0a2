"""The parts of a change: its hunks, as of a diff without context, each of which can be left out or made alone.

Neighbouring lines that differ in numbers only are parts of their own: so a jump of several constants has a part for each.
A file that is new, removed, not text, or too long to compare is one part. Every file is foreign; what is shown is printable.
"""

import re
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher

from overnight.gate.audit import ChangePart
from overnight.git.port import FileChange
from overnight.research.changes.edit import LARGEST, PATH
from overnight.research.experiment import Scalar
from overnight.words.differing import differing
from overnight.words.foreign import printable

SHARE = "share of "  # begins the name of a note: what its researcher expects a constant, named behind it, to be worth
MOST_LINES = 5_000  # of a file whose parts are looked for
SHOWN = 6  # lines of a part
LARGEST_SHARE = 1e300  # neither infinite, nor an integer that is no float
LINE = 160  # characters
_NUMBERS = re.compile(rb"[-+]?\d[\d_]*(?:\.\d*)?(?:[eE][-+]?\d+)?")
_WORD = re.compile(r"\w+")


@dataclass(frozen=True, slots=True, kw_only=True)
class _Hunk:
    """Replaces lines `start` to `end` of a file's base by others."""

    start: int
    end: int
    lines: tuple[bytes, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class _File:
    """A changed file and its hunks; without hunks it is one part."""

    change: FileChange
    before: bytes | None  # None: it is new
    executable: bool  # before
    hunks: tuple[_Hunk, ...]
    first: int  # number of its first part

    @property
    def numbers(self) -> range:
        """Its parts."""
        return range(self.first, self.first + max(1, len(self.hunks)))

    def having(self, numbers: Collection[int]) -> FileChange:
        """The file with only these parts of the change."""
        made = [number in numbers for number in self.numbers]
        if all(made):
            return self.change
        if not any(made):
            return FileChange(path=self.change.path, content=self.before, executable=self.executable)
        lines = (self.before or b"").splitlines(keepends=True)
        for hunk, is_made in reversed(list(zip(self.hunks, made, strict=True))):
            if is_made:
                lines[hunk.start : hunk.end] = hunk.lines
        return FileChange(path=self.change.path, content=b"".join(lines), executable=self.change.executable)


@dataclass(frozen=True, slots=True, kw_only=True)
class Parts:
    """A change, taken apart."""

    parts: tuple[ChangePart, ...]  # by path and line
    _files: tuple[_File, ...]

    def without(self, number: int) -> FileChange:
        """What undoes a part in the change's own tree."""
        file = self._of(number)
        return file.having([each for each in file.numbers if each != number])

    def with_also(self, number: int, made: Collection[int]) -> FileChange:
        """What makes a part in a tree that has `made` of the others."""
        return self._of(number).having({*made, number})

    def _of(self, number: int) -> _File:
        return next(file for file in self._files if number in file.numbers)


def parts_of(
    experiment: int, changes: Sequence[FileChange], before: Mapping[str, bytes], executable: Mapping[str, bool]
) -> Parts:
    """The parts of an experiment's change.

    `before` has the contents of the changed files that exist in the base, `executable` whether they are.
    """
    files: list[_File] = []
    parts: list[ChangePart] = []
    for change in sorted(changes, key=lambda each: each.path):
        old = before.get(change.path)
        hunks = tuple(_hunks(old, change.content)) if old is not None and change.content is not None else ()
        was = executable.get(change.path, False)
        file = _File(change=change, before=old, executable=was, hunks=hunks, first=len(parts) + 1)
        files.append(file)
        parts += _shown(experiment, file)
    return Parts(parts=tuple(parts), _files=tuple(files))


def expected(part: ChangePart, notes: Mapping[str, Scalar]) -> float:
    """What its researcher expects a part to be worth, by its notes, which may say anything; 0 if they do not say."""
    words = {word for line in part.lines for word in _WORD.findall(line)}
    named = (share for name, share in notes.items() if name.startswith(SHARE) and name.removeprefix(SHARE) in words)
    shares = (share for share in named if isinstance(share, int | float) and -LARGEST_SHARE <= share <= LARGEST_SHARE)
    return max(map(float, shares), default=0.0)


def _hunks(old: bytes, new: bytes) -> Iterator[_Hunk]:
    """Where two texts differ; none if they are not texts, or too long to compare."""
    if b"\0" in old or b"\0" in new or max(len(old), len(new)) > LARGEST:
        return
    before, after = old.splitlines(keepends=True), new.splitlines(keepends=True)
    part = differing(before, after)
    if max(len(before), len(after)) > MOST_LINES or part.repeats_itself:
        return
    for what, start, end, first, last in SequenceMatcher(None, part.old, part.new, autojunk=False).get_opcodes():
        if what != "equal":
            yield from _single(part.before + start, part.old[start:end], part.new[first:last])


def _single(start: int, old: Sequence[bytes], new: Sequence[bytes]) -> Iterator[_Hunk]:
    """A hunk, or one for each of its lines if they differ in numbers only."""
    if len(old) == len(new) and all(_NUMBERS.sub(b"N", a) == _NUMBERS.sub(b"N", b) for a, b in zip(old, new, strict=True)):
        for place, line in enumerate(new, start):
            if line != old[place - start]:
                yield _Hunk(start=place, end=place + 1, lines=(line,))
        return
    yield _Hunk(start=start, end=start + len(old), lines=tuple(new))


def _shown(experiment: int, file: _File) -> Iterator[ChangePart]:
    path = printable(file.change.path, PATH)
    if not file.hunks:
        what = "is removed" if file.change.content is None else "is new" if file.before is None else "is changed"
        yield ChangePart(experiment=experiment, part=file.first, where=path, lines=(what,))
        return
    before = (file.before or b"").splitlines()
    for number, hunk in zip(file.numbers, file.hunks, strict=True):
        lines = [*(b"-" + line for line in before[hunk.start : hunk.end]), *(b"+" + line for line in hunk.lines)]
        shown = tuple(_line(line) for line in lines[:SHOWN])
        yield ChangePart(experiment=experiment, part=number, where=f"{path}:{hunk.start + 1}", lines=shown)


def _line(line: bytes) -> str:
    return printable(line[: 4 * LINE].decode(errors="replace").expandtabs(4).rstrip(), LINE)
