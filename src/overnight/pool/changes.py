"""Files as they travel between hub and workers: plain contents by path, never an archive, a bundle or a link.

A change of a tree is a list of regular files with their new contents; a tree is known by a digest over its files. Nothing
here is unpacked, so no archive can hide what a list does not show.
"""

import base64
import binascii
import hashlib
import unicodedata
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Annotated, ClassVar

from pydantic import ConfigDict, Field

from overnight.git.port import FileChange
from overnight.pool.canonical import digest_of
from overnight.program.scope import MAX_PATH_BYTES, path_problem
from overnight.research.changes.scope import MAX_FILE_BYTES, MAX_FILES
from overnight.words.foreign import printable

STRICT = ConfigDict(extra="forbid", allow_inf_nan=False)
Digest = Annotated[str, Field(pattern=r"^[0-9a-f]{64}$")]
LARGEST_WHOLE = 2**53 - 1  # beyond it no JSON that is signed has whole numbers (RFC 8785)
Whole = Annotated[int, Field(ge=0, le=LARGEST_WHOLE)]
Path_ = Annotated[str, Field(min_length=1, max_length=MAX_PATH_BYTES)]
_BASE64 = MAX_FILE_BYTES * 4 // 3 + 4  # characters
QUOTED = 100


class BadChanges(ValueError):  # noqa: N818  # named like the verdict
    """Changes that nobody may make; the message says why, in one line."""


@dataclass(frozen=True, slots=True, kw_only=True)
class FileState:
    """A file of a tree: what it is, not what it contains."""

    __pydantic_config__: ClassVar[ConfigDict] = STRICT

    path: Path_
    executable: bool = False
    size: Whole  # bytes
    digest: Digest  # SHA-256 of the content


@dataclass(frozen=True, slots=True, kw_only=True)
class ChangedFile:
    """A file of a change, by its digest; null: it is removed."""

    __pydantic_config__: ClassVar[ConfigDict] = STRICT

    path: Path_
    executable: bool = False
    size: Whole = 0  # bytes
    digest: Digest | None


@dataclass(frozen=True, slots=True, kw_only=True)
class SentFile:
    """A file of a change with its content in base64; null: it is removed."""

    __pydantic_config__: ClassVar[ConfigDict] = STRICT

    path: Path_
    executable: bool = False
    content: Annotated[str, Field(max_length=_BASE64)] | None


Tree = Mapping[str, FileState]  # by path


def content_digest(content: bytes) -> str:
    """SHA-256 of a content, hex."""
    return hashlib.sha256(content).hexdigest()


def tree_digest(tree: Tree) -> str:
    """The digest of a tree: over path, mode and content of every file."""
    return digest_of([[each.path, each.executable, each.digest] for _, each in sorted(tree.items())])


def tree_of(files: Iterable[FileState]) -> Tree:
    """A tree of its files.

    Raises:
        BadChanges: two cannot be files beside each other, or one may not be in a tree.
    """
    tree: dict[str, FileState] = {}
    for each in files:
        _check_path(each.path)
        if each.path in tree:
            raise BadChanges(f"`{printable(each.path, QUOTED)}` is there twice")
        tree[each.path] = each
    _check_beside(tree)
    return tree


def changes_digest(parent: str, changes: Iterable[ChangedFile]) -> str:
    """The identity of a change: over the block that it is on top of, and path, mode and content of every file."""
    rows = sorted((each.path, each.executable, each.digest or "") for each in changes)
    return digest_of([parent, [list(row) for row in rows]])


def apply(tree: Tree, changes: Sequence[ChangedFile]) -> Tree:
    """A tree after a change.

    Raises:
        BadChanges: it removes what is not there, changes nothing, or leaves what cannot be a tree.
    """
    if not changes:
        raise BadChanges("it changes nothing")
    if len({each.path for each in changes}) != len(changes):
        raise BadChanges("a file is changed twice")
    after = dict(tree)
    for each in changes:
        _check_path(each.path)
        if each.digest is None:
            if after.pop(each.path, None) is None:
                raise BadChanges(f"`{printable(each.path, QUOTED)}` is removed, but is not there")
        else:
            after[each.path] = FileState(path=each.path, executable=each.executable, size=each.size, digest=each.digest)
    if after == dict(tree):
        raise BadChanges("it changes nothing")
    _check_beside(after, {each.path for each in changes if each.digest is not None})
    return after


def stated(change: FileChange) -> ChangedFile:
    """A change of a file, by its digest."""
    content = change.content
    return ChangedFile(
        path=change.path,
        executable=change.executable and content is not None,
        size=len(content or b""),
        digest=None if content is None else content_digest(content),
    )


def whole(files: Iterable[FileState]) -> Sequence[ChangedFile]:
    """The files of a tree as a change of an empty one."""
    return [ChangedFile(path=each.path, executable=each.executable, size=each.size, digest=each.digest) for each in files]


def sent(change: FileChange) -> SentFile:
    """A change of a file, to be sent."""
    content = None if change.content is None else base64.b64encode(change.content).decode()
    return SentFile(path=change.path, executable=change.executable and content is not None, content=content)


def received(files: Sequence[SentFile], *, most_bytes: int) -> Sequence[FileChange]:
    """The changes that were sent, checked for size and paths alone.

    Raises:
        BadChanges: there are too many, they are too large, or no tree may have them.
    """
    if not 0 < len(files) <= MAX_FILES:
        raise BadChanges(f"{len(files)} files; 1 to {MAX_FILES} may change")
    changes, left = [], most_bytes
    for each in files:
        _check_path(each.path)
        try:
            content = None if each.content is None else base64.b64decode(each.content, validate=True)
        except binascii.Error as error:
            raise BadChanges(f"the content of `{printable(each.path, QUOTED)}` is no base64") from error
        if content is None and each.executable:
            raise BadChanges(f"`{printable(each.path, QUOTED)}` is removed and executable")
        left -= len(content or b"")
        if len(content or b"") > MAX_FILE_BYTES or left < 0:
            raise BadChanges(f"more than {MAX_FILE_BYTES:,} bytes in a file, or {most_bytes:,} in all")
        changes.append(FileChange(path=each.path, content=content, executable=each.executable))
    if len({change.path for change in changes}) != len(changes):
        raise BadChanges("a file is changed twice")
    return changes


def _check_path(path: str) -> None:
    if problem := path_problem(path):
        raise BadChanges(f"`{printable(path, QUOTED)}` {problem}")


def _check_beside(tree: Tree, new: Iterable[str] | None = None) -> None:
    """Check that no file is a folder of another, and no two names are one where case or the form of letters does not count."""
    folders = {path[:at] for path in tree for at in range(len(path)) if path[at] == "/"}
    for path in tree:
        if path in folders:
            raise BadChanges(f"`{printable(path, QUOTED)}` is a file and a folder")
    folded: dict[str, str] = {}
    for path in tree:
        # Some file systems fold case, some compose accents: a name is compared as the loosest of them does.
        folds = path if path.isascii() else unicodedata.normalize("NFD", path)
        other = folded.setdefault(unicodedata.normalize("NFD", folds.casefold()), path)
        if other != path and (new is None or path in new or other in new):
            raise BadChanges(
                f"`{printable(path, QUOTED)}` and `{printable(other, QUOTED)}` are one file where case or accents fold"
            )
