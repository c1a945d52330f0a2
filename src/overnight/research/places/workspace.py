"""Reads what a researcher left in a workspace as changes, and applies such changes to a copy of the trusted tree.

Nothing in a workspace is followed, waited for or run: only plain files are read, within limits; anything else is reported as
a problem, unless it is a by-product (`by_products.py`), which is not looked at. Does not cover: whether a change is in scope,
see `research/changes/scope.py`.
"""

import hashlib
import os
import stat
import unicodedata
from collections.abc import Collection, Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

from overnight.files.folders import (
    GIT_NAMES,
    NAME_SHOWN,
    OPEN_FILE,
    OPEN_FOLDER,
    closing_descriptor,
    create_file,
    decode_path,
    delete_file,
    is_plain,
    opened,
    read_chunks,
    write_all,
)
from overnight.git.port import FileChange
from overnight.program.scope import above
from overnight.research.experiment import ByProducts
from overnight.research.places.by_products import LeavesOut
from overnight.research.places.port import Collected
from overnight.words.foreign import printable
from overnight.words.quantities import more

MAX_CHANGED_FILES = 10_000
MAX_BY_PRODUCTS = 20_000  # to look at takes a second or two; a folder that is left out as a whole counts once
MAX_FILE_BYTES = 8 * 1000**2
MAX_TOTAL_BYTES = 64 * 1000**2
MAX_DEPTH = 64  # nested folders
MAX_PROBLEMS = 20  # reported one by one
BRIEF = ".overnight-brief.md"  # written by us


@dataclass(frozen=True, slots=True, kw_only=True)
class FileState:
    """The state of a file when the workspace was written."""

    size_bytes: int
    digest: bytes  # SHA-256
    executable: bool


def snapshot(folder: Path) -> Mapping[str, FileState]:
    """The state of every regular file below a folder that we wrote."""
    states = {}
    for path in sorted(folder.rglob("*")):
        if path.is_symlink() or not path.is_file():
            continue
        with path.open("rb") as file:
            status = os.fstat(file.fileno())
            states[decode_path(os.fsencode(path.relative_to(folder)))] = FileState(
                size_bytes=status.st_size,
                digest=hashlib.file_digest(file, "sha256").digest(),
                executable=bool(status.st_mode & stat.S_IXUSR),
            )
    return states


def collect_changes(
    workspace: Path,
    base: Mapping[str, FileState],
    *,
    reserved: Collection[str] = (),
    placed: Collection[str] = (),
    sieve: LeavesOut | None = None,
) -> Collected:
    """What differs in a workspace from the tree it was written from, sorted by path.

    Compiled Python, our brief and a git folder at the top are skipped unless `base` has them.

    Args:
        workspace: the folder, after everything that could write there has ended.
        base: `snapshot` of the tree that it was written from.
        reserved: paths of the repository that the workspace did not show, such as links and hidden files; a change
            at, above or under one is a problem.
        placed: paths of links that we put there; a link at one is none of the researcher's.
        sieve: leaves out by-products; None: there are none.
    """
    taken = frozenset(reserved)
    collector = _Collector(
        base=base,
        folders=_folders(base),
        placed=frozenset(placed),
        reserved=taken,
        above_reserved=_folders(taken),
        sieve=sieve,
    )
    try:
        with opened(workspace) as root:
            collector.visit(root, "", 0)
    except _TooMany as error:
        return Collected(changes=[], problems=[str(error)])
    except OSError as error:
        return Collected(changes=[], problems=[f"the workspace cannot be read: {error.strerror}"])
    collector.add_deletions()
    collector.drop_bad_names()
    left_out = sieve.left_out if sieve else ByProducts()
    return Collected(changes=collector.changes, problems=_shortened(collector.problems), by_products=left_out)


def write_changes(tree: Path, changes: Sequence[FileChange]) -> None:
    """Apply changes to a fresh copy of their base tree; what is replaced is deleted first."""
    with opened(tree) as root:
        for change in sorted(changes, key=lambda change: change.content is not None):  # deletions make room
            with suppress(FileNotFoundError, NotADirectoryError):  # it is new
                delete_file(root, change.path)
            if change.content is not None:
                with closing_descriptor(create_file(root, change.path, executable=change.executable)) as file:
                    write_all(file, change.content)


class _TooMany(Exception):  # noqa: N818  # ends a walk
    pass


@dataclass(slots=True, kw_only=True)
class _Collector:
    base: Mapping[str, FileState]
    folders: frozenset[str]  # of the base
    placed: frozenset[str]
    reserved: frozenset[str]
    above_reserved: frozenset[str]  # folders
    sieve: LeavesOut | None
    changes: list[FileChange] = field(default_factory=list)
    problems: list[str] = field(default_factory=list)
    seen: set[str] = field(default_factory=set)
    extra: int = 0  # entries that the base does not have
    total_bytes: int = 0  # of changed content

    def visit(self, folder: int, prefix: str, depth: int) -> None:
        with os.scandir(folder) as entries:
            for entry in entries:
                path = prefix + decode_path(os.fsencode(entry.name))
                known = path in self.base or path in self.folders
                if path in self.placed and entry.is_symlink():
                    continue
                if not known and (_passed_over(path, entry) or self._leaves_out(folder, entry, path)):
                    continue
                self.extra += not known
                if self.extra > MAX_CHANGED_FILES:
                    raise _TooMany(f"more than {MAX_CHANGED_FILES:,} new files and folders")
                try:
                    self._take(folder, entry, path, depth)
                except OSError as error:
                    self._problem(path, f"cannot be read: {error.strerror}")

    def _leaves_out(self, folder: int, entry: os.DirEntry[str], path: str) -> bool:
        """Whether a new entry is a by-product; one in the place of something of the repository never is."""
        if self.sieve is None or path in self.reserved or path in self.above_reserved:
            return False
        if any(folder in self.base or folder in self.reserved for folder in above(path)):
            return False
        is_folder = entry.is_dir(follow_symlinks=False)
        if is_folder and _is_empty(folder, entry.name):
            return True  # git has no empty folders
        left_out = self.sieve.leaves_out(path, is_folder=is_folder)
        if self.sieve.count > MAX_BY_PRODUCTS:
            raise _TooMany(f"more than {MAX_BY_PRODUCTS:,} new files and folders that are no part of a proposal")
        return left_out

    def _take(self, folder: int, entry: os.DirEntry[str], path: str, depth: int) -> None:
        if entry.name.lower() in GIT_NAMES:
            self._problem(path, "is git's own folder, which is not accepted")
        elif entry.is_dir(follow_symlinks=False):
            if depth == MAX_DEPTH:
                self._problem(path, f"is more than {MAX_DEPTH} folders deep")
                return
            with closing_descriptor(os.open(entry.name, OPEN_FOLDER, dir_fd=folder)) as inner:
                self.visit(inner, f"{path}/", depth + 1)
        else:
            self.seen.add(path)
            self._take_file(folder, entry, path)

    def _take_file(self, folder: int, entry: os.DirEntry[str], path: str) -> None:
        status = entry.stat(follow_symlinks=False)
        if is_plain(status):  # opening anything else could have side effects
            with closing_descriptor(os.open(entry.name, OPEN_FILE, dir_fd=folder)) as file:
                status = os.fstat(file)
                if is_plain(status):
                    self._compare(file, path, status)
                    return
        self._problem(path, _kind(status))

    def _compare(self, file: int, path: str, status: os.stat_result) -> None:
        size, before = status.st_size, self.base.get(path)
        executable = bool(status.st_mode & stat.S_IXUSR)
        if size > MAX_FILE_BYTES:
            if before is None or before.size_bytes != size or before.digest != _digest(file, size):
                self._problem(path, f"has {size} bytes, more than the limit of {MAX_FILE_BYTES}")
            return
        content = b"".join(read_chunks(file, size))
        state = FileState(size_bytes=size, digest=hashlib.sha256(content).digest(), executable=executable)
        if state == before:
            return
        self.total_bytes += size
        if self.total_bytes > MAX_TOTAL_BYTES:
            self._problem(path, f"brings the change over the total limit of {MAX_TOTAL_BYTES} bytes")
        else:
            self.changes.append(FileChange(path=path, content=content, executable=executable))

    def add_deletions(self) -> None:
        self.changes += [
            FileChange(path=path, content=None, executable=state.executable)
            for path, state in self.base.items()
            if path not in self.seen
        ]

    def drop_bad_names(self) -> None:
        """Turn changes with colliding or unprintable names into problems."""
        deleted = {change.path for change in self.changes if change.content is None}
        new = {change.path for change in self.changes} - self.base.keys()
        spellings: dict[str, str] = {}
        for path in self.base.keys() - deleted if new else ():
            _spell(path, spellings)
        taken = self.above_reserved | self.reserved
        kept = []
        for change in sorted(self.changes, key=lambda change: change.path):
            path = change.path
            if not path.isprintable():
                self._problem(path, "has a name with unprintable characters or broken UTF-8")
            elif path in taken or any(folder in self.reserved for folder in above(path)):
                self._problem(path, "collides with something that the workspace did not show")
            elif path in new and (twin := _spell(path, spellings)):
                self._problem(path, f"has the same name as {printable(twin, NAME_SHOWN)} when letter case is ignored")
            else:
                kept.append(change)
        self.changes = kept

    def _problem(self, path: str, what: str) -> None:
        self.problems.append(f"{printable(path, NAME_SHOWN)} {what}")


def _passed_over(path: str, entry: os.DirEntry[str]) -> bool:
    if path == ".git":  # the workspace's throwaway repository, never read
        return entry.is_dir(follow_symlinks=False)
    return entry.name == "__pycache__" or entry.name.endswith(".pyc") or path == BRIEF


def _is_empty(parent: int, name: str) -> bool:
    """Whether nothing is in a folder; False if it cannot be read."""
    with (
        suppress(OSError),
        closing_descriptor(os.open(name, OPEN_FOLDER, dir_fd=parent)) as folder,
        os.scandir(folder) as entries,
    ):
        return next(entries, None) is None
    return False


def _digest(file: int, size: int) -> bytes:
    digest = hashlib.sha256()
    for chunk in read_chunks(file, size):
        digest.update(chunk)
    return digest.digest()


def _folders(paths: Iterable[str]) -> frozenset[str]:
    return frozenset(folder for path in paths for folder in above(path))


def _spell(path: str, spellings: dict[str, str]) -> str | None:
    """Record the spelling of a path and its folders; return an earlier, different spelling of one of them, if any."""
    for part in (path, *above(path)):
        folded = unicodedata.normalize("NFC", part).casefold()
        if spellings.setdefault(folded, part) != part:
            return spellings[folded]
    return None


def _kind(status: os.stat_result) -> str:
    kinds = {
        stat.S_IFLNK: "is a symbolic link",
        stat.S_IFIFO: "is a pipe",
        stat.S_IFSOCK: "is a socket",
        stat.S_IFCHR: "is a device",
        stat.S_IFBLK: "is a device",
        stat.S_IFREG: "is a hard link",
    }
    return f"{kinds.get(stat.S_IFMT(status.st_mode), 'is not a regular file')}; only regular files are accepted"


def _shortened(problems: list[str]) -> list[str]:
    if len(problems) <= MAX_PROBLEMS:
        return problems
    return [*problems[:MAX_PROBLEMS], f"{more(len(problems) - MAX_PROBLEMS, 'problem')} of this kind"]
