"""What a job changed on its node, written into its folder on the head; all of it is hostile.

Every name is looked up in its own folder and never through a link; nothing but files, folders and links is made, within the
job's limits. Does not cover: another process that writes into the folder meanwhile.
"""

import errno
import os
import stat
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path

from overnight.errors import SandboxError
from overnight.files.folders import CREATE_FILE, closing_descriptor, opened, remove_tree
from overnight.jail.job import Limits
from overnight.machines.nodes.manifest import Entry, Kind, names_of, parent_of
from overnight.machines.nodes.tree import Changes, Piece

_OWNER_FOLDER, _OWNER_FILE = stat.S_IRWXU, stat.S_IRUSR | stat.S_IWUSR
_PERMISSIONS = 0o777  # never the bits that make a program run as another user
_WRITE = os.O_WRONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC
LONGEST_LINK = 4096  # bytes


class BadReturn(Exception):  # noqa: N818  # the node's fault
    """What a node returned cannot come from a job within its limits."""


class Returning:
    """Writes what one job changed into its folder."""

    def __init__(self, folder: Path, changes: Changes, limits: Limits) -> None:
        """Delete what is gone, and make what is new or changed, still without content.

        Raises:
            SandboxError: the disk here is full.
            BadReturn: it is over a limit, or a name in it leads out of the folder or through a link.
        """
        self._folder = folder
        self._changed = changes.changed
        self._left_bytes = limits.disk_bytes
        _check(changes, limits)
        try:
            with opened(folder) as top:
                for path in changes.deleted:
                    _delete(top, path)
                for entry in changes.changed:
                    _make(top, entry)
        except (OSError, ValueError) as error:
            raise _failed(error) from error

    def write(self, pieces: Sequence[Piece], contents: Sequence[bytes]) -> None:
        """Write some of the contents.

        Raises:
            SandboxError: the disk here is full.
            BadReturn: a piece belongs to no changed file, or all are more than the job may write.
        """
        if len(pieces) != len(contents):
            raise BadReturn("the contents of its changes are incomplete")
        try:
            with opened(self._folder) as top:
                for piece, content in zip(pieces, contents, strict=True):
                    self._write(top, piece, content)
        except (OSError, ValueError) as error:
            raise _failed(error) from error

    def _write(self, top: int, piece: Piece, content: bytes) -> None:
        if not 0 <= piece.index < len(self._changed):
            raise BadReturn("a content belongs to no file")
        entry = self._changed[piece.index]
        self._left_bytes -= len(content)
        if entry.kind is not Kind.FILE or piece.offset < 0 or piece.offset + len(content) > entry.size_bytes:
            raise BadReturn("a content lies outside its file")
        if self._left_bytes < 0:
            raise BadReturn("its changes are more than the job may write")
        names = names_of(entry.path)
        with parent_of(top, names) as parent, closing_descriptor(os.open(names[-1], _WRITE, dir_fd=parent)) as file:
            rest, at = memoryview(content), piece.offset
            while rest:
                written = os.pwrite(file, rest, at)
                rest, at = rest[written:], at + written


def _failed(error: OSError | ValueError) -> Exception:
    """Whose fault it is: the disk here is full, or what came cannot be written."""
    if isinstance(error, OSError) and error.errno in {errno.ENOSPC, errno.EDQUOT}:
        return SandboxError(f"a job's changes cannot be written: {error.strerror}", fix="free space on the disk")
    return BadReturn(f"its changes cannot be written: {error}")


def _check(changes: Changes, limits: Limits) -> None:
    if len(changes.changed) > limits.files:
        raise BadReturn(f"it changed more than {limits.files:,} files")
    for entry in changes.changed:
        if not 0 <= entry.size_bytes <= limits.disk_bytes:
            raise BadReturn(f"it changed a file of more than {limits.disk_bytes:,} bytes")
        if entry.kind is Kind.LINK and not 0 < len(entry.content) <= LONGEST_LINK:
            raise BadReturn("it made a link that leads nowhere")


def _delete(top: int, path: bytes) -> None:
    """Delete an entry with all that is below it, if it is still there."""
    names = names_of(path)
    with suppress(FileNotFoundError), parent_of(top, names) as parent:
        remove_tree(Path(f"/proc/self/fd/{parent}", os.fsdecode(names[-1])))


def _make(top: int, entry: Entry) -> None:
    names = names_of(entry.path)
    with parent_of(top, names) as parent:
        if entry.kind is Kind.FOLDER:
            os.mkdir(names[-1], _OWNER_FOLDER | entry.mode & _PERMISSIONS, dir_fd=parent)
            return
        with suppress(FileNotFoundError):  # it is new
            os.unlink(names[-1], dir_fd=parent)
        if entry.kind is Kind.LINK:
            os.symlink(entry.content, names[-1], dir_fd=parent)
            return
        with closing_descriptor(os.open(names[-1], CREATE_FILE, _OWNER_FILE, dir_fd=parent)) as file:
            os.fchmod(file, _OWNER_FILE | entry.mode & _PERMISSIONS)
            os.truncate(file, entry.size_bytes)
