"""The port `History` on the user's git repository: it adds objects and moves our own refs; it touches nothing else."""

import os
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

from overnight.errors import RepositoryError
from overnight.files.folders import create_file, create_link, decode_path, opened, split_path
from overnight.git.deadline import Deadline
from overnight.git.objects import ObjectStore
from overnight.git.pipe import Pipe
from overnight.git.plumbing import UPDATE_REF, Batch, start
from overnight.git.port import FileChange, TreeFile, branch_of
from overnight.git.process import GitError, GitTooSlow
from overnight.git.repository import Repository, attempt_ref, branch_ref
from overnight.git.trees import Tree, TreeEntry, edit_tree

COMMITS_CACHED = 4
TREES_CACHED = 64
WRITTEN_AT_ONCE = 64  # files, each open meanwhile; their names together are far less than fills a pipe
LONGEST_LINK = 4096  # bytes of where it leads; Linux
MOST_NESTED = 400  # folders inside one another; a path has at most 4,096 bytes
DIFF_BYTES = 1000**2
DIFF_PIECE_BYTES = 4096
# For a whole diff, and for all texts of a merge, s: two texts of 10 MB with nothing in common take 4 s, and ones made for it
# take hours.
DIFF_S = 30.0
MERGE_S = 30.0
UNFINISHED = "\n[git needs more than {:g} s for the rest of this diff]\n"
TRAILERS_BYTES = 4096  # from the end of a message, in which its trailers stand
OID_LENGTHS = {"sha1": 40, "sha256": 64}  # hex digits


def is_cut(diff: str) -> bool:
    """Whether `GitHistory.diff` left out the end of a long one: there may be more than is shown."""
    return len(diff.encode()) >= DIFF_BYTES


@dataclass(frozen=True, slots=True, kw_only=True)
class _Listing:
    """The whole tree of a commit."""

    files: Mapping[str, TreeEntry]  # regular ones, sorted by path
    links: Mapping[str, TreeEntry]  # symbolic ones
    submodules: Sequence[str]


class GitHistory:
    """Commits of a repository, and the refs of campaigns in it; safe to use from several threads.

    Answers come from a few long-lived git processes: an experiment starts no process.
    """

    def __init__(self, repository: Repository, *, now: Callable[[], float] = time.time) -> None:
        self._git_dir = repository.git_dir
        self._none = "0" * OID_LENGTHS[repository.object_format]
        self._now = now
        self._store = ObjectStore(repository.git_dir)
        self._refs = Batch(repository.git_dir, *UPDATE_REF, "overnight", "--stdin")
        self._tree = lru_cache(TREES_CACHED)(self._store.tree)
        self._listing = lru_cache(COMMITS_CACHED)(self._list)
        self._files = lru_cache(COMMITS_CACHED)(self._sized_files)

    def resolve_start(self) -> str:
        """The full id of the commit that the user has checked out."""
        head = self._store.find("HEAD^{commit}")
        if head is None:
            raise RepositoryError("HEAD does not point at a commit", fix="check out the commit to start from")
        return head.oid

    def files(self, commit: str) -> Sequence[TreeFile]:
        """The regular files of a commit, sorted by path; symbolic links and submodules are left out."""
        return self._files(commit)

    def paths(self, commit: str) -> Sequence[str]:
        """All paths of a commit, sorted: its files, and the links and submodules that `files` leaves out."""
        listing = self._listing(commit)
        return sorted([*listing.files, *listing.links, *listing.submodules])

    def ids(self, commit: str) -> Mapping[str, str]:
        """The id of the content of each regular file of a commit, by path."""
        return {path: entry.oid for path, entry in self._listing(commit).files.items()}

    def links(self, commit: str) -> Mapping[str, bytes]:
        """The symbolic links of a commit, and where each leads; without those that no system could make."""
        found = {path: self._store.blob(entry.oid) for path, entry in self._listing(commit).links.items()}
        return {path: target for path, target in found.items() if 0 < len(target) < LONGEST_LINK and b"\0" not in target}

    def submodules(self, commit: str) -> Sequence[str]:
        """The paths at which a commit names a commit of another repository, and has nothing of it."""
        return self._listing(commit).submodules

    def read_files(self, commit: str, paths: Sequence[str]) -> Mapping[str, bytes]:
        """The contents of some of a commit's files; KeyError if a path is not one of them."""
        files = self._listing(commit).files
        return {path: self._store.blob(files[path].oid) for path in paths}

    def write_tree(self, commit: str, folder: Path, *, omit: Callable[[str], bool] | None = None, links: bool = False) -> None:
        """Write a commit's regular files into an empty folder, except the paths that `omit` names, and its links if asked."""
        with opened(folder) as root:
            wanted = [(path, entry) for path, entry in self._listing(commit).files.items() if not (omit and omit(path))]
            for start in range(0, len(wanted), WRITTEN_AT_ONCE):
                self._write_files(root, wanted[start : start + WRITTEN_AT_ONCE])
            for path, target in self.links(commit).items() if links else ():
                create_link(root, path, target)

    def _write_files(self, root: int, wanted: Sequence[tuple[str, TreeEntry]]) -> None:
        with ExitStack() as opened_files:
            files = []
            for path, entry in wanted:
                file = create_file(root, path, executable=entry.executable)
                opened_files.callback(os.close, file)
                files.append((entry.oid, file))
            self._store.copy_blobs(files)

    def record_attempt(
        self, *, tag: str, number: int, base: str, changes: Sequence[FileChange], message: str, group: str = ""
    ) -> str:
        """Commit `changes` on top of `base` under `refs/overnight/<tag>/[<group>/]<number>`; return the commit's id.

        This replaces an attempt of the same number left by a process that ended before it could record it.

        Raises:
            ValueError: a change would replace something that is not a regular file.
        """
        edits = {tuple(split_path(change.path)): self._store_file(change) for change in changes}
        tree = edit_tree(self._store.commit(base).tree, edits, read=self._tree, write=self._store.add_tree)
        commit = self._store.add_commit(
            tree=tree or self._store.add_tree({}), parent=base, message=message, at=int(self._now())
        )
        self._move(attempt_ref(tag, number, group), commit)
        return commit

    def has_commit(self, commit: str) -> bool:
        """Whether a commit is in the repository."""
        found = self._store.find(commit)
        return found is not None and found.kind == "commit"

    def branch_head(self, tag: str) -> str | None:
        """The commit of `autoresearch/<tag>`, None if there is no such branch."""
        found = self._store.find(branch_ref(tag))
        return found.oid if found else None

    def advance(self, *, tag: str, old: str | None, new: str) -> bool:
        """Move `autoresearch/<tag>` from `old` to `new`; False, changing nothing, if it is not at `old`."""
        return self.move_branch(branch_of(tag), old=old, new=new)

    def move_branch(self, name: str, *, old: str | None, new: str) -> bool:
        """Move a branch of ours from `old`, None if it must be new; False, changing nothing, if it is not there."""
        ref = f"refs/heads/{name}"

        def at() -> str | None:
            found = self._store.find(ref)
            return found.oid if found else None

        if at() != old:
            return False
        try:
            self._move(ref, new, old or self._none)
        except GitError:
            head = at()
            if head == old:  # nobody else moved it: git refused for another reason
                raise
            return head == new
        return True

    def retract(self, *, tag: str, at: str) -> bool:
        """Delete `autoresearch/<tag>`; False, changing nothing, if it is not at `at`."""
        if self.branch_head(tag) != at:
            return False
        self._move(branch_ref(tag), self._none, at)
        return True

    def publish(self, commit: str, text: str) -> None:
        """Attach a text to a commit under `refs/notes/overnight`; the same text again changes nothing."""
        from overnight.git.published import attach_text

        attach_text(self._store, self._swap, commit=commit, text=text, at=int(self._now()))

    def published(self, commit: str) -> str | None:
        """The text that is attached to a commit, None if there is none."""
        from overnight.git.published import find_text

        return find_text(self._store, commit)

    def resolve(self, name: str) -> str | None:
        """The full id of the commit that a name stands for, None if there is none."""
        found = self._store.find(f"{name}^{{commit}}") if name.isprintable() else None
        return found.oid if found else None

    def parents(self, commit: str) -> Sequence[str]:
        """The parents of a commit."""
        return self._store.commit(commit).parents

    def made_at(self, commit: str) -> int:
        """When a commit of ours was made, Unix time, s."""
        return self._store.commit(commit).at

    def trailer(self, commit: str, name: str) -> str:
        """What a trailer of a commit's message says, by its last line of that name; empty without one."""
        lines = self._store.message(commit)[-TRAILERS_BYTES:].decode("utf-8", "replace").splitlines()
        found = (line.removeprefix(f"{name}: ") for line in reversed(lines) if line.startswith(f"{name}: "))
        return next(found, "").strip()

    def same_files(self, one: str, other: str) -> bool:
        """Whether two commits have the very same files."""
        return self._store.commit(one).tree == self._store.commit(other).tree

    def attempt(self, tag: str, number: int, group: str = "") -> str | None:
        """The commit under `refs/overnight/<tag>/[<group>/]<number>`, None if there is no such ref."""
        found = self._store.find(attempt_ref(tag, number, group))
        return found.oid if found else None

    def diff(self, base: str, commit: str, *, deadline: Deadline | None = None) -> str:
        """The unified diff between two commits, foreign bytes replaced, cut at 1 MB; it says so if git takes too long.

        No attribute leaves a file out of it: what is judged by it could have been written by who set that.
        """
        until = deadline.at_most(DIFF_S) if deadline else Deadline.within(DIFF_S)
        ends = [self._require_commit(base), self._require_commit(commit)]
        command = ("diff-tree", "-p", "--no-color", "--no-ext-diff", "--no-textconv", *ends, "--")
        pipe = start(self._git_dir, *command, deadline=until, plain=True)
        output = bytearray()
        try:
            while piece := pipe.take_most(min(DIFF_PIECE_BYTES, DIFF_BYTES - len(output))):
                output += piece
        except GitTooSlow:  # a candidate wrote it, so it is no error of ours
            output += UNFINISHED.format(until.span_s).encode()
        finally:
            pipe.close(at_once=True)  # it may have more output
        return output.decode("utf-8", "replace")

    def merge(self, *, base: str, head: str, commit: str, deadline: Deadline | None = None) -> Sequence[FileChange] | None:
        """The changes from `base` to `commit` as changes on top of `head`; None if they conflict.

        Texts that are not merged by the deadline, or within `MERGE_S` all together, conflict.
        """
        from overnight.git.merge import merge_files

        until = deadline.at_most(MERGE_S) if deadline else Deadline.within(MERGE_S)
        listings = [self._listing(name).files for name in (base, head, commit)]
        return merge_files(*listings, read=self._store.blob, git_dir=self._git_dir, deadline=until)

    def close(self) -> None:
        """End the helper processes."""
        self._store.close()
        self._refs.close()

    def _store_file(self, change: FileChange) -> TreeEntry | None:
        if change.content is None:
            return None
        return TreeEntry.file(self._store.add_blob(change.content), executable=change.executable)

    def _move(self, ref: str, new: str, old: str = "") -> None:
        """Move a ref; if `old` is given, only from there."""

        def exchange(pipe: Pipe) -> None:
            pipe.say(f"start\nupdate {ref} {new} {old}".rstrip().encode() + b"\nprepare\ncommit\n")
            for _ in ("start: ok", "prepare: ok", "commit: ok"):
                pipe.line()

        self._refs.ask(exchange)

    def _swap(self, ref: str, new: str, old: str) -> None:
        """Move a ref that is at `old`; an empty `old` means that the ref must not exist."""
        self._move(ref, new, old or self._none)

    def _require_commit(self, commit: str) -> str:
        found = self._store.find(commit)
        if found is None:
            raise RepositoryError(f"the commit {commit} is not in the repository")
        return found.oid

    def _list(self, commit: str) -> _Listing:
        files: dict[str, TreeEntry] = {}
        links: dict[str, TreeEntry] = {}
        submodules: list[str] = []

        def walk(tree: Tree, prefix: bytes) -> None:
            for name, entry in tree.items():
                path = prefix + name
                if entry.is_folder:
                    if path.count(b"/") >= MOST_NESTED:
                        raise RepositoryError(f"the commit {commit} has more than {MOST_NESTED} folders inside one another")
                    walk(self._store.tree(entry.oid), path + b"/")
                elif entry.is_file:
                    files[decode_path(path)] = entry
                elif entry.is_link:
                    links[decode_path(path)] = entry
                else:
                    submodules.append(decode_path(path))

        walk(self._store.tree(self._store.commit(commit).tree), b"")
        return _Listing(files=dict(sorted(files.items())), links=links, submodules=submodules)

    def _sized_files(self, commit: str) -> Sequence[TreeFile]:
        files = self._listing(commit).files
        sizes = self._store.sizes([entry.oid for entry in files.values()])
        return tuple(
            TreeFile(path=path, executable=entry.executable, size_bytes=size)
            for (path, entry), size in zip(files.items(), sizes, strict=True)
        )
