"""A job's folder, before, while and after hostile code writes in it: owner, space and number of files.

Does not cover: space taken between two looks (`watch.py` says how often they are); files of other users where we are not
root; a file with a second name outside the folder, which changes its owner there too: hand over copies, no hard links.
"""

import os
import stat
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from overnight.files.folders import OPEN_FOLDER, closing_descriptor
from overnight.jail.job import Limits

DEEPEST = 128  # folders inside folders: no tree of code is deeper, and each level holds a descriptor while we look
_LOOK_AT = os.O_PATH | os.O_NOFOLLOW | os.O_CLOEXEC
_BLOCK_BYTES = 512  # unit of st_blocks


@dataclass(frozen=True, slots=True, kw_only=True)
class Contents:
    """What a folder holds; counting stops where a limit is passed."""

    size_bytes: int  # on disk
    files: int  # of every kind, folders too
    depth: int


def hand_over(folder: Path, uid: int | None) -> Contents:
    """Give a folder and all in it to the user that the job runs as; None: it runs as ourselves."""
    return _walk(folder, owner=uid)


def look(folder: Path, limits: Limits) -> Contents:
    """What a folder holds; rights that the job took from itself, and so from us, are given back."""
    try:
        return _walk(folder, limits=limits)
    except FileNotFoundError:  # an unjailed job can delete its own folder
        return Contents(size_bytes=0, files=0, depth=0)


def _walk(folder: Path, *, owner: int | None = None, limits: Limits | None = None) -> Contents:
    size, files, deepest = 0, 0, 0
    with closing_descriptor(_open_folder(None, str(folder))) as top:
        if owner is not None:
            os.chown(top, owner, owner)
        for parent, name, status, depth in _entries(top, 1):
            size += status.st_blocks * _BLOCK_BYTES
            files += 1
            deepest = max(deepest, depth)
            if deepest > DEEPEST or (limits and (size > limits.disk_bytes or files > limits.files)):
                break
            if owner is not None and status.st_uid != owner:
                os.chown(name, owner, owner, dir_fd=parent, follow_symlinks=False)
    return Contents(size_bytes=size, files=files, depth=deepest)


def _entries(folder: int, depth: int) -> Iterator[tuple[int, str, os.stat_result, int]]:
    """Every entry below a folder, with the descriptor of the folder that it is in."""
    with os.scandir(folder) as entries:
        for entry in entries:
            with suppress(OSError):  # the job works on: a name is gone, or is something else by now
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
    """Add rights for the owner; by descriptor, because a name could become a link in between."""
    Path(f"/proc/self/fd/{descriptor}").chmod(stat.S_IMODE(os.fstat(descriptor).st_mode) | rights)
