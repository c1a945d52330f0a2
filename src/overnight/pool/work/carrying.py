"""What a search had open when the chain moved, as the first proposals of the next one."""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import closing
from typing import Any

from overnight.git.history import GitHistory
from overnight.git.port import FileChange
from overnight.git.repository import Repository

ROLE = "carried"
MOST = 20  # proposals
LONGEST = 20_000  # characters of one


def carried(
    repository: Repository, opened: Sequence[tuple[str, str]], head: str
) -> tuple[Mapping[str, Any] | None, int]:  # Any: YAML
    """A researcher that proposes changes, given as base and commit, on top of another head; and how many cannot be.

    A change of several files, or one that conflicts, is not carried.
    """
    edits = []
    with closing(GitHistory(repository)) as history:
        for base, commit in opened[:MOST]:
            changes = history.merge(base=base, head=head, commit=commit)
            edit = _edit(history, head, changes or ())
            if edit is not None:
                edits.append(edit)
    made = {"role": ROLE, "use": "scripted", "edits": edits} if edits else None
    return made, len(opened) - len(edits)


def _edit(history: GitHistory, head: str, changes: Sequence[FileChange]) -> Mapping[str, str] | None:
    if len(changes) != 1 or changes[0].content is None:
        return None
    path = changes[0].path
    before = history.read_files(head, [path]).get(path) if path in history.paths(head) else None
    if before is None:
        return None
    try:
        found = edit_between(before.decode(), changes[0].content.decode())
    except UnicodeDecodeError:
        return None
    return {"path": path, "old": found[0], "new": found[1]} if found and len("".join(found)) <= LONGEST else None


def edit_between(before: str, after: str) -> tuple[str, str] | None:
    """The lines that differ, with as many around them as it takes for their first place in the text to be the right one."""
    old, new = before.splitlines(keepends=True), after.splitlines(keepends=True)
    start = next((at for at, pair in enumerate(zip(old, new, strict=False)) if pair[0] != pair[1]), min(len(old), len(new)))
    end = 0
    while end < min(len(old), len(new)) - start and old[-1 - end] == new[-1 - end]:
        end += 1
    for first, last in _wider(start, end, len(old)):
        text = "".join(old[first : len(old) - last])
        if text and before.index(text) == len("".join(old[:first])):
            return text, "".join(new[first : len(new) - last])
    return None


def _wider(start: int, end: int, lines: int) -> Iterator[tuple[int, int]]:
    while start + end <= lines:
        yield start, end
        if start == end == 0:
            return
        start, end = max(0, start - 1), max(0, end - 1)
