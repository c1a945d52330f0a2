"""A `History` without git: commits in a dictionary, with the minimum that the port allows."""

import difflib
import os
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from hashlib import sha256
from pathlib import Path

from overnight.git.deadline import Deadline
from overnight.git.port import FileChange, TreeFile

Tree = Mapping[str, tuple[bytes, bool]]  # by path: content, and whether it is executable


@dataclass(frozen=True, kw_only=True)
class Commit:
    """The content of a commit."""

    files: Tree
    links: tuple[str, ...] = ()


@dataclass
class Repository:
    """What several histories share."""

    commits: dict[str, Commit] = field(default_factory=dict)
    branches: dict[str, str] = field(default_factory=dict)
    texts: dict[str, str] = field(default_factory=dict)
    start: str = ""

    def add(self, commit: Commit) -> str:
        """The id of the commit, a new one each time."""
        oid = sha256(f"{len(self.commits)}".encode()).hexdigest()
        self.commits[oid] = commit
        return oid


def repository(files: Mapping[str, bytes], *, programs: Iterable[str] = (), links: Iterable[str] = ()) -> Repository:
    """A repository whose checked-out commit holds these files."""
    made = Repository()
    tree = {path: (content, path in set(programs)) for path, content in files.items()}
    made.start = made.add(Commit(files=tree, links=tuple(links)))
    return made


class MemoryHistory:
    """Implements `History`."""

    def __init__(self, shared: Repository) -> None:
        self.shared = shared

    def resolve_start(self) -> str:
        return self.shared.start

    def files(self, commit: str) -> Sequence[TreeFile]:
        files = sorted(self.shared.commits[commit].files.items())
        return [TreeFile(path=path, executable=runs, size_bytes=len(content)) for path, (content, runs) in files]

    def paths(self, commit: str) -> Sequence[str]:
        found = self.shared.commits[commit]
        return sorted([*found.files, *found.links])

    def read_files(self, commit: str, paths: Sequence[str]) -> Mapping[str, bytes]:
        return {path: self.shared.commits[commit].files[path][0] for path in paths}

    def write_tree(self, commit: str, folder: Path, *, omit: Callable[[str], bool] | None = None) -> None:
        for path, (content, runs) in self.shared.commits[commit].files.items():
            if not (omit and omit(path)):
                file = folder / os.fsencode(path).decode("utf-8", "surrogateescape")
                file.parent.mkdir(parents=True, exist_ok=True)
                file.write_bytes(content)
                file.chmod(0o755 if runs else 0o644)

    def record_attempt(
        self, *, tag: str, number: int, base: str, changes: Sequence[FileChange], message: str, group: str = ""
    ) -> str:
        before = self.shared.commits[base]
        files = {path: entry for path, entry in before.files.items() if path not in {change.path for change in changes}}
        files |= {change.path: (change.content, change.executable) for change in changes if change.content is not None}
        return self.shared.add(Commit(files=files, links=before.links))

    def branch_head(self, tag: str) -> str | None:
        return self.shared.branches.get(tag)

    def advance(self, *, tag: str, old: str | None, new: str) -> bool:
        if self.branch_head(tag) != old:
            return False
        self.shared.branches[tag] = new
        return True

    def publish(self, commit: str, text: str) -> None:
        self.shared.texts[commit] = text

    def published(self, commit: str) -> str | None:
        return self.shared.texts.get(commit)

    def diff(self, base: str, commit: str, *, deadline: Deadline | None = None) -> str:
        old, new = (self.shared.commits[oid].files for oid in (base, commit))
        lines: list[str] = []
        for path in sorted(old.keys() | new.keys()):
            before, after = (tree.get(path, (b"", False))[0].decode(errors="replace") for tree in (old, new))
            lines += difflib.unified_diff(before.splitlines(True), after.splitlines(True), f"a/{path}", f"b/{path}")
        return "".join(lines)

    def merge(self, *, base: str, head: str, commit: str, deadline: Deadline | None = None) -> Sequence[FileChange] | None:
        start, ours, theirs = (self.shared.commits[oid].files for oid in (base, head, commit))
        changes = []
        for path in sorted(start.keys() | ours.keys() | theirs.keys()):
            before, here, there = (tree.get(path) for tree in (start, ours, theirs))
            if there in (before, here):
                continue
            if here != before:
                return None
            content, runs = there or (None, False)
            changes.append(FileChange(path=path, content=content, executable=runs))
        return changes

    def close(self) -> None:
        """Do nothing, as nothing is open."""
