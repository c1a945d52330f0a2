"""Applies a change to a tree that has moved on: three-way, file by file, without merge drivers."""

import tempfile
from collections.abc import Callable, Iterable, Mapping, Sequence, Set
from pathlib import Path

from overnight.git.deadline import Deadline
from overnight.git.plumbing import call
from overnight.git.port import FileChange
from overnight.git.process import GitTooSlow
from overnight.git.three_way import merge_lines
from overnight.git.trees import TreeEntry

Files = Mapping[str, TreeEntry]


def merge_files(
    base: Files, head: Files, commit: Files, *, read: Callable[[str], bytes], git_dir: Path, deadline: Deadline
) -> Sequence[FileChange] | None:
    """The changes from `base` to `commit` as changes on top of `head`, sorted by path; None if they conflict.

    Texts that are not merged by the deadline count as a conflict: a candidate whose files repeat a few lines, or that has very
    many of them, must not hold up a campaign.
    """
    changes = []
    for path in sorted(base.keys() | commit.keys()):
        old, ours, theirs = base.get(path), head.get(path), commit.get(path)
        if theirs in (old, ours):
            continue
        if ours != old and not (old and ours and theirs):
            return None
        content = read(theirs.oid) if theirs else None
        if old and ours and theirs and ours != old:
            content = _merge(git_dir, [read(entry.oid) for entry in (ours, old, theirs)], deadline)
            if content is None:
                return None
        executable = theirs.executable if theirs else False
        changes.append(FileChange(path=path, content=content, executable=executable))
    return None if overlap(head.keys(), changes) else changes


def _merge(git_dir: Path, versions: Sequence[bytes], deadline: Deadline) -> bytes | None:
    """Ours, base and theirs as one text: git's merge, else one that merges neighbouring lines; None if they conflict."""
    if deadline.passed:
        return None
    with tempfile.TemporaryDirectory(prefix="overnight-merge-") as folder:
        paths = [Path(folder, name) for name in ("ours", "base", "theirs")]
        for path, content in zip(paths, versions, strict=True):
            path.write_bytes(content)
        try:
            done = call(git_dir, "merge-file", "-p", "-q", *map(str, paths), deadline=deadline)
        except GitTooSlow:
            return None
    ours, base, theirs = versions
    return done.stdout if done.returncode == 0 else merge_lines(base, ours, theirs)


def overlap(head: Set[str], changes: Iterable[FileChange]) -> bool:
    """Whether a file and a folder would have the same path after changes of a tree with these paths."""
    paths = (head - {change.path for change in changes if change.content is None}) | {
        change.path for change in changes if change.content is not None
    }
    return any(path[:end] in paths for path in paths for end, letter in enumerate(path) if letter == "/")
