"""A job's folder before, during and after hostile code writes in it: owner, space and number of files.

Does not cover: space used between two checks (`watch.py` says how far apart they are); files of other users if we are not
root; a file with a second name outside the folder, whose owner changes there too: hand over copies, not hard links.
"""

import os
import stat
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from overnight.files.folders import OPEN_FOLDER, closing_descriptor
from overnight.jail.job import Limits

DEEPEST = 128  # nested folders: no tree of code is deeper, and each level needs a descriptor while we count
_LOOK_AT = os.O_PATH | os.O_NOFOLLOW | os.O_CLOEXEC
_ENTERED = stat.S_IRWXU | stat.S_IXGRP | stat.S_IXOTH  # by the job, and before it by the bwrap of another user
_BLOCK_BYTES = 512  # unit of st_blocks


@dataclass(frozen=True, slots=True, kw_only=True)
class Contents:
    """What a folder contains; counting stops when a limit is exceeded."""

    size_bytes: int  # on disk
    files: int  # of every kind, including folders
    depth: int


def hand_over(folder: Path, uid: int | None) -> Contents:
    """Give a folder and everything in it to the user that the job runs as; None: it runs as our user."""
    return _walk(folder, owner=uid)


def look(folder: Path, limits: Limits) -> Contents:
    """What a folder contains; restores rights that the job removed from itself, and so from us."""
    try:
        return _walk(folder, limits=limits)
    except FileNotFoundError:  # an unjailed job can delete its own folder
        return Contents(size_bytes=0, files=0, depth=0)


def _walk(folder: Path, *, owner: int | None = None, limits: Limits | None = None) -> Contents:
    size, files, deepest = 0, 0, 0
    with closing_descriptor(_open_folder(None, str(folder))) as top:
        if owner is not None:
            _hand_over_top(top, owner)
        for parent, name, status, depth in _entries(top, 1):
            size += status.st_blocks * _BLOCK_BYTES
            files += 1
            deepest = max(deepest, depth)
            if deepest > DEEPEST or (limits and (size > limits.disk_bytes or files > limits.files)):
                break
            if owner is not None and status.st_uid != owner:
                os.chown(name, owner, owner, dir_fd=parent, follow_symlinks=False)
    return Contents(size_bytes=size, files=files, depth=deepest)


def _hand_over_top(top: int, owner: int) -> None:
    """Let the owner in, whatever an earlier job in this folder did; what is right is left alone, with its times."""
    status = os.fstat(top)
    if status.st_uid != owner:
        os.chown(top, owner, owner)
    if status.st_mode & _ENTERED != _ENTERED:
        _let_in(top, _ENTERED)


def _entries(folder: int, depth: int) -> Iterator[tuple[int, str, os.stat_result, int]]:
    """Every entry below a folder, with the descriptor of its own folder."""
    with os.scandir(folder) as entries:
        for entry in entries:
            with suppress(OSError):  # the job is still running: a name may be gone, or be something else by now
                status = entry.stat(follow_symlinks=False)
                yield folder, entry.name, status, depth
                if stat.S_ISDIR(status.st_mode):
                    with closing_descriptor(_open_folder(folder, entry.name)) as inner:
                        yield from _entries(inner, depth + 1)
                elif stat.S_ISREG(status.st_mode) and not status.st_mode & stat.S_IRUSR:
                    with closing_descriptor(os.open(entry.name, _LOOK_AT, dir_fd=folder)) as file:
                        _let_in(file, stat.S_IRUSR)


def _open_folder(parent: int | None, name: str) -> int:
    try:
        return os.open(name, OPEN_FOLDER, dir_fd=parent)
    except PermissionError:
        with closing_descriptor(os.open(name, _LOOK_AT | os.O_DIRECTORY, dir_fd=parent)) as looked:
            _let_in(looked, stat.S_IRWXU)
            return os.open(".", OPEN_FOLDER, dir_fd=looked)


def _let_in(descriptor: int, rights: int) -> None:
    """Add rights for the owner; by descriptor, because a name could become a link in the meantime."""
    Path(f"/proc/self/fd/{descriptor}").chmod(stat.S_IMODE(os.fstat(descriptor).st_mode) | rights)
