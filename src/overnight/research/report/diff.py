"""A diff by lines, made printable and cut to a readable length."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from overnight.words.foreign import printable

Diffs = Callable[[str, str], str]  # (base, commit) to a unified diff

_LINE = 500  # characters of one line
_PLACES = ("+++", "---", "@@", "diff ", "index ", "new file", "deleted file", "similarity ", "rename ", "old mode", "new mode")


@dataclass(frozen=True, slots=True, kw_only=True)
class DiffLine:
    """One line; its kind is `added`, `removed`, `place` or empty for context."""

    text: str
    kind: str


@dataclass(frozen=True, slots=True, kw_only=True)
class DiffView:
    """The lines that are shown, and how many are not."""

    lines: tuple[DiffLine, ...]
    cut: int

    def shortened(self, limit: int) -> "DiffView":
        """The same with fewer lines."""
        return DiffView(lines=self.lines[:limit], cut=self.cut + max(0, len(self.lines) - limit))


ShownDiffs = Mapping[int, DiffView | None]  # by the number of the keep


def view_diff(diff: str, *, limit: int) -> DiffView | None:
    """The first `limit` lines of a diff; None for an empty one."""
    lines = diff.rstrip().split("\n") if diff.strip() else []
    if not lines:
        return None
    shown = tuple(DiffLine(text=printable(line.expandtabs(4), _LINE), kind=_kind(line)) for line in lines[:limit])
    return DiffView(lines=shown, cut=max(0, len(lines) - limit))


def _kind(line: str) -> str:
    if line.startswith(_PLACES):
        return "place"
    return {"+": "added", "-": "removed"}.get(line[:1], "")
