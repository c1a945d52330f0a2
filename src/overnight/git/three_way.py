"""Merges two edits of one text line by line, even where git's own merge requires unchanged lines between them."""

from collections.abc import Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher
from itertools import pairwise

from overnight.words.differing import differing

MOST_LINES = 5_000  # of one text


@dataclass(frozen=True, slots=True, order=True)
class _Edit:
    """Replaces lines `start` to `end` of the base by `lines`."""

    start: int
    end: int
    lines: tuple[bytes, ...]


def merge_lines(base: bytes, ours: bytes, theirs: bytes) -> bytes | None:
    """Both edits of `base`; None if they touch the same lines, or if a text is binary, too long or repeats itself too much.

    Edits of neighbouring lines are merged: the result is measured like any other change, so a merge need not be cautious.
    The time is bounded, whatever the texts are: a candidate that pads a file with equal lines must not hold up a campaign.
    """
    lines = base.splitlines(keepends=True)
    if any(b"\0" in text or len(text.splitlines()) > MOST_LINES for text in (base, ours, theirs)):
        return None
    ours_edits, theirs_edits = (_edits(lines, text.splitlines(keepends=True)) for text in (ours, theirs))
    if ours_edits is None or theirs_edits is None:
        return None
    edits = sorted({*ours_edits, *theirs_edits})
    if any(_clash(one, other) for one, other in pairwise(edits)):
        return None
    for edit in reversed(edits):
        lines[edit.start : edit.end] = edit.lines
    return b"".join(lines)


def _edits(base: Sequence[bytes], lines: Sequence[bytes]) -> list[_Edit] | None:
    """What leads from one text to the other; None if it would take too long to find."""
    part = differing(base, lines)
    if part.repeats_itself:
        return None
    matcher = SequenceMatcher(None, part.old, part.new, autojunk=False)
    return [
        _Edit(part.before + start, part.before + end, tuple(part.new[first:last]))
        for what, start, end, first, last in matcher.get_opcodes()
        if what != "equal"
    ]


def _clash(one: _Edit, other: _Edit) -> bool:
    """Whether two edits, in order, change the same line or insert lines at the same place."""
    return other.start < one.end or one.start == other.start
