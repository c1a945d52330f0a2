"""Brings a submission onto the head: each file three-way, from its parent's tree; no commit and no ref is made for it."""

from collections.abc import Mapping, Sequence

from overnight.git.merge import overlap
from overnight.git.port import FileChange, History
from overnight.git.three_way import merge_lines


def onto(history: History, *, parent: str, head: str, changes: Sequence[FileChange]) -> Sequence[FileChange] | None:
    """Changes of a commit as changes of the head; None if they conflict, or nothing of them is left.

    A file where the head has a folder conflicts, also where its parent has none, or has one that is hidden.
    """
    moved = changes if parent == head else _merged(history, parent, head, changes)
    return moved if moved and not overlap(set(history.paths(head)), moved) else None


def _merged(history: History, parent: str, head: str, changes: Sequence[FileChange]) -> Sequence[FileChange] | None:
    old, ours = _files(history, parent, changes), _files(history, head, changes)
    moved = []
    for change in changes:
        before, now = old.get(change.path), ours.get(change.path)
        content = change.content
        if now == content:
            continue
        if now != before:
            if before is None or now is None or content is None:
                return None
            content = merge_lines(before, now, content)
            if content is None:
                return None
        moved.append(FileChange(path=change.path, content=content, executable=change.executable))
    return moved


def _files(history: History, commit: str, changes: Sequence[FileChange]) -> Mapping[str, bytes]:
    there = {file.path for file in history.files(commit)}
    return history.read_files(commit, [change.path for change in changes if change.path in there])
