"""What is in a job's folder: each path with its kind, mode, size, time and content, in a fixed order.

Does not cover: devices, pipes and sockets, which do not travel; hard links, which become files of their own; owners.
"""

import hashlib
import os
import stat
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from enum import StrEnum
from pathlib import Path

from overnight.files.folders import CHUNK_BYTES, OPEN_FILE, OPEN_FOLDER, closing_descriptor, opened
from overnight.machines.nodes.message import Message

GIT = b".git/"  # differs with the second in which it was written, but says no more than the files do
LONGEST_PATH = 4096  # bytes


class Kind(StrEnum):
    """What an entry of a folder is."""

    FILE = "file"
    FOLDER = "folder"
    LINK = "link"


class Entry(Message):
    """One file, folder or link."""

    path: bytes  # relative to the job's folder
    kind: Kind
    mode: int = 0  # permissions
    size_bytes: int = 0  # of a file
    modified_ns: int = 0  # of a file, Unix time
    content: bytes = b""  # of a file that travels to a node: SHA-256; of a link: where it leads


def names_of(path: bytes) -> list[bytes]:
    """The names in a relative path.

    Raises:
        ValueError: it leads out of the folder, or no file can have it.
    """
    names = path.split(b"/")
    if len(path) > LONGEST_PATH or b"\0" in path or any(name in {b"", b".", b".."} for name in names):
        raise ValueError(f"not a path inside a folder: {path[:100]!r}")
    return names


def read_manifest(folder: Path) -> list[Entry]:
    """All that is in a folder and travels, with the digests of its files; what is above an entry comes before it."""
    entries = []
    with opened(folder) as top:
        for path, parent, name, status in walk(top):
            content = b""
            if stat.S_ISREG(status.st_mode):
                with closing_descriptor(os.open(name, OPEN_FILE, dir_fd=parent)) as file:
                    content = digest_of(file)
            elif stat.S_ISLNK(status.st_mode):
                content = os.readlink(name, dir_fd=parent)
            if entry := entry_of(path, status, content):
                entries.append(entry)
    return entries


def walk(folder: int, prefix: bytes = b"") -> Iterator[tuple[bytes, int, bytes, os.stat_result]]:
    """Everything below a folder by name: path, descriptor of its folder, name and status; links are not followed.

    What no path can name is left out, and so stays where it is.
    """
    for name in sorted(os.listdir(folder)):  # of a descriptor
        raw = os.fsencode(name)
        if len(prefix + raw) > LONGEST_PATH:
            continue
        status = os.stat(name, dir_fd=folder, follow_symlinks=False)
        yield prefix + raw, folder, raw, status
        if stat.S_ISDIR(status.st_mode):
            with closing_descriptor(os.open(name, OPEN_FOLDER, dir_fd=folder)) as inner:
                yield from walk(inner, prefix + raw + b"/")


def entry_of(path: bytes, status: os.stat_result, content: bytes = b"") -> Entry | None:
    """The entry of something in a folder; None if it is of a kind that does not travel."""
    mode = stat.S_IMODE(status.st_mode) & 0o777
    if stat.S_ISREG(status.st_mode):
        return Entry(
            path=path, kind=Kind.FILE, mode=mode, size_bytes=status.st_size, modified_ns=status.st_mtime_ns, content=content
        )
    if stat.S_ISDIR(status.st_mode):
        return Entry(path=path, kind=Kind.FOLDER, mode=mode)
    return Entry(path=path, kind=Kind.LINK, content=content) if stat.S_ISLNK(status.st_mode) else None


def digest_of(file: int) -> bytes:
    """SHA-256 of a file from its start."""
    digest = hashlib.sha256()
    while chunk := os.read(file, CHUNK_BYTES):
        digest.update(chunk)
    return digest.digest()


def tree_digest(entries: Sequence[Entry]) -> bytes:
    """A digest of all that a job could read in its folder, but for times and git's own files."""
    digest = hashlib.sha256()
    for each in entries:
        if not each.path.startswith(GIT):
            kind = f"\0{each.kind} {each.mode:o} {each.size_bytes} {len(each.content)} ".encode()
            digest.update(each.path + kind + each.content + b"\0")
    return digest.digest()


@contextmanager
def parent_of(top: int, names: Sequence[bytes]) -> Iterator[int]:
    """A descriptor of the folder that the last name is in, reached through no link.

    Raises:
        OSError: one of the folders is missing, or something else is in its place.
    """
    at = os.dup(top)
    try:
        for name in names[:-1]:
            inner = os.open(name, OPEN_FOLDER, dir_fd=at)
            os.close(at)
            at = inner
        yield at
    finally:
        os.close(at)
