"""Merges two edits of one text line by line, even where git's own merge requires unchanged lines between them."""

from collections.abc import Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher
from itertools import pairwise

MOST_LINES = 5_000  # of one text; the time to find the edits grows with its square


@dataclass(frozen=True, slots=True, order=True)
class _Edit:
    """Replaces lines `start` to `end` of the base by `lines`."""

    start: int
    end: int
    lines: tuple[bytes, ...]


def merge_lines(base: bytes, ours: bytes, theirs: bytes) -> bytes | None:
    """Both edits of `base`; None if they touch the same lines, or if a text is binary or too long.

    Edits of neighbouring lines are merged: the result is measured like any other change, so a merge need not be cautious.
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
    """Whether two edits, in order, change the same line or insert lines at the same place."""
    return other.start < one.end or one.start == other.start
