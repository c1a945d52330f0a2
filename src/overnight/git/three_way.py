"""Merging two edits of one text, line by line, where git's own merge asks for unchanged lines between them."""

from collections.abc import Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher
from itertools import pairwise

MOST_LINES = 5_000  # of one text; finding the edits takes time in the square of it


@dataclass(frozen=True, slots=True, order=True)
class _Edit:
    """Lines `start` to `end` of the base become `lines`."""

    start: int
    end: int
    lines: tuple[bytes, ...]


def merge_lines(base: bytes, ours: bytes, theirs: bytes) -> bytes | None:
    """Both edits of `base`; None where they touch the same lines, are binary or too long.

    Edits of neighbouring lines are merged: what comes of it is measured like any other change, so a merge need not be timid.
    """
    lines = base.splitlines(keepends=True)
    if any(b"\0" in text or len(text.splitlines()) > MOST_LINES for text in (base, ours, theirs)):
        return None
    edits = sorted({*_edits(lines, ours), *_edits(lines, theirs)})
    if any(_clash(one, other) for one, other in pairwise(edits)):
        return None
    for edit in reversed(edits):
        lines[edit.start : edit.end] = edit.lines
    return b"".join(lines)


def _edits(base: Sequence[bytes], text: bytes) -> list[_Edit]:
    lines = text.splitlines(keepends=True)
    matcher = SequenceMatcher(None, base, lines, autojunk=False)
    return [
        _Edit(start, end, tuple(lines[first:last]))
        for what, start, end, first, last in matcher.get_opcodes()
        if what != "equal"
    ]


def _clash(one: _Edit, other: _Edit) -> bool:
    """Whether two edits, in order, change a line in two ways or put lines in one place."""
    return other.start < one.end or one.start == other.start
