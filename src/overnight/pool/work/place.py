"""A worker's folder: a git repository of our own making with the public tree, and beside it what the worker knows of its hub.

The commits are made from contents by digest, with a fixed author and date, so that they are the same on every machine. Files
of the checkout are written one by one, never over what a person changed, and never through a link. No data of git comes from
a hub.
"""

import errno
import hashlib
import os
import shutil
from collections.abc import Collection, Iterable, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

from overnight.errors import UserError
from overnight.files.atomic import write_atomically
from overnight.files.folders import (
    OPEN_FILE,
    OPEN_FOLDER,
    closing_descriptor,
    create_file,
    delete_file,
    encode_path,
    open_regular,
    opened,
    write_all,
)
from overnight.files.own import make_folder, open_own, read_own
from overnight.git.history import GitHistory
from overnight.git.objects import ObjectStore
from overnight.git.plumbing import call, require
from overnight.git.repository import FOLDER_NAME, Repository, open_repository
from overnight.git.trees import Edits, TreeEntry, edit_tree
from overnight.pool.changes import ChangedFile, FileState, Tree
from overnight.program.program import PROGRAM
from overnight.words.foreign import printable

BRANCH = "refs/heads/chain"
BEGAN = 946_684_800  # Unix time of the first commit, the first second of 2000; each entry is a second later
WORK = "work"  # in the repository's `.overnight`
SHOWN = 100
SHORT = 10  # digits of a commit
_CONFIG = """\
[core]
\trepositoryformatversion = 0
\tfilemode = true
\tbare = false
[gc]
\tauto = 0
"""


class BadTree(UserError):  # noqa: N818  # named like the verdict
    """A public tree that no worker writes down; the message says why."""


def check_names(tree: Tree) -> None:
    """Check that a public tree has no file in the place of ours.

    Raises:
        BadTree: it has.
    """
    for path in tree:
        first = path.split("/")[0].casefold()
        if first == FOLDER_NAME.casefold() or (first == PROGRAM.casefold() and path != PROGRAM):
            raise BadTree(f"its tree has `{printable(path, SHOWN)}`, where a worker keeps what is its own")


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """The folder of a worker."""

    top: Path

    @property
    def work(self) -> Path:
        """What the worker knows of its hub."""
        return self.top / FOLDER_NAME / WORK

    @property
    def git(self) -> Path:
        """Of its repository."""
        return self.top / ".git"

    def repository(self) -> Repository:
        """Its repository.

        Raises:
            UserError: there is none.
        """
        return open_repository(self.top)


def make_place(top: Path) -> Place:
    """A new folder with an empty repository.

    Raises:
        UserError: something is there already.
    """
    try:
        top.mkdir(mode=0o700, parents=True)
    except FileExistsError:
        if not top.is_dir() or any(top.iterdir()):
            fix = "name a new folder: overnight work join URL DIR"
            raise UserError(f"{top} is not empty", fix=fix) from None
    place = Place(top=top.resolve())
    git = place.top / ".git"
    for folder in (git, git / "objects", git / "objects" / "info", git / "objects" / "pack", git / "refs", git / "refs/heads"):
        folder.mkdir()
    (git / "info").mkdir()
    (git / "logs").mkdir()
    (git / "info" / "exclude").write_text(f"{FOLDER_NAME}/\n")
    (git / "config").write_text(_CONFIG)
    (git / "HEAD").write_text(f"ref: {BRANCH}\n")
    make_folder(place.top / FOLDER_NAME)
    make_folder(place.work)
    return place


def remove_place(top: Path) -> None:
    """Delete what `make_place` made, as joining failed."""
    shutil.rmtree(top, ignore_errors=True)


def add_files(
    place: Place, base: str, changes: Sequence[ChangedFile], oids: Mapping[str, str], *, number: int, message: str
) -> str:
    """A commit of an entry, on top of that of the one before (`base`, empty for the first); `oids`: of blobs, by digest."""
    with closing(ObjectStore(place.git)) as store:
        edits: Edits = {
            tuple(map(encode_path, each.path.split("/"))): None
            if each.digest is None
            else TreeEntry.file(oids[each.digest], executable=each.executable)
            for each in changes
        }
        old = store.commit(base).tree if base else None
        tree = edit_tree(old, edits, read=store.tree, write=store.add_tree) if edits else old
        return store.add_commit(
            tree=tree or store.add_tree({}), parent=base, message=printable(message, SHOWN), at=BEGAN + number
        )


def move_branch(place: Place, commit: str, known: Collection[str]) -> str:
    """Set the branch of the chain to a commit; a person's commits on it stay in a branch of their own.

    Returns the name of that one, empty if there is none.

    `known`: the commits that the branch was at by our own doing.
    """
    done = call(place.git, "rev-parse", "--verify", "--quiet", f"{BRANCH}^{{commit}}")
    at = done.stdout.decode().strip() if done.returncode == 0 else ""
    kept = f"yours-{at[:SHORT]}" if at and at not in known else ""
    if kept:
        require(place.git, "update-ref", f"refs/heads/{kept}", at)
    if at != commit:
        require(place.git, "update-ref", BRANCH, commit)
    return kept


def write_checkout(place: Place, paths: Iterable[str], tree: Tree, known: Mapping[str, Collection[str]]) -> Sequence[str]:
    """Bring these paths of the checkout to the tree that the branch is at; the paths that a person changed, which stay.

    `known`: the digests that each path had on the chain. `program.md` is ours, whatever the tree has there.
    """
    left = []
    with closing(GitHistory(place.repository())) as history, opened(place.top) as top:
        commit = history.resolve_start()
        for path in sorted({*paths} - {PROGRAM}):
            found, after = _digest_there(top, path), tree.get(path)
            if found is not None and found not in known[path]:
                left.append(path)
            elif found != (after.digest if after else None):
                if found is not None:
                    delete_file(top, path)
                if after is not None and not _write(top, path, history.read_files(commit, [path])[path], after):
                    left.append(path)
    require(place.git, "read-tree", BRANCH)
    return left


def _write(top: int, path: str, content: bytes, state: FileState) -> bool:
    """Write a new file; False if something is in its place, or in that of a folder of it."""
    try:
        with closing_descriptor(create_file(top, path, executable=state.executable)) as file:
            write_all(file, content)
    except OSError as error:
        if error.errno in {errno.EEXIST, errno.ENOTDIR, errno.ELOOP}:
            return False
        raise
    return True


def _digest_there(top: int, path: str) -> str | None:
    """The digest of a file of the checkout; None: nothing is there, empty: something else is."""
    at = os.dup(top)
    try:
        *folders, name = path.split("/")
        for folder in folders:
            inner = os.open(folder, OPEN_FOLDER, dir_fd=at)
            os.close(at)
            at = inner
        with os.fdopen(open_regular(name, OPEN_FILE, at), "rb") as file:
            return hashlib.file_digest(file, "sha256").hexdigest()
    except FileNotFoundError:
        return None
    except OSError:
        return ""
    finally:
        os.close(at)


def require_branch(place: Place) -> None:
    """Check that the branch of the chain is checked out.

    Raises:
        UserError: it is not.
    """
    done = call(place.git, "symbolic-ref", "--quiet", "HEAD")
    if done.stdout.decode().strip() != BRANCH:
        fix = f"git -C {place.top} checkout chain"
        raise UserError(f"the branch `chain` is not checked out in {place.top}", fix=fix)


def write_program(place: Place, text: str) -> None:
    """Write the program of the next search; it is replaced, and never written through a link."""
    path = place.top / PROGRAM
    if not path.is_symlink() and path.exists() and path.read_text(errors="replace") == text:
        return
    write_atomically(path, text.encode())


def write_own(path: Path, content: bytes) -> None:
    """Write a file of ours whole or not at all, on disk before it returns."""
    write_atomically(path, content, mode=0o600)
    descriptor = os.open(path.parent, os.O_RDONLY | os.O_DIRECTORY)
    with closing_descriptor(descriptor):
        os.fsync(descriptor)


def append_own(path: Path, content: bytes) -> None:
    """Add to a file of ours, on disk before it returns."""
    with os.fdopen(open_own(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND), "wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())


def read_lines(path: Path, most_bytes: int) -> Sequence[str]:
    """The whole lines of a file of ours; one that a kill cut off does not count."""
    try:
        content = read_own(path, most_bytes)
    except FileNotFoundError:
        return ()
    return content[: content.rfind(b"\n") + 1].decode().splitlines()
