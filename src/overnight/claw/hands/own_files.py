"""Files of the claw's own folder by their paths in it: never through a link, never out of it, each of a bounded size."""

import os
from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from overnight.errors import UserError
from overnight.files.folders import BadArtifact, closing_descriptor, create_file, delete_file, opened, read_artifact, write_all
from overnight.words.foreign import printable

LARGEST = 1_000_000  # bytes of a file that is read
MOST_LISTED = 200
DEEPEST = 32
NAME = 200  # characters of a path in a message


@dataclass(frozen=True, slots=True, kw_only=True)
class OwnFile:
    """A file of the folder."""

    path: str  # in the folder, printable
    size_bytes: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Listed:
    """What is in the folder."""

    files: Sequence[OwnFile]  # by path; the first 200
    others: int  # files that are not listed, links and special files


def list_files(folder: Path) -> Listed:
    """All files, by path; links are not followed."""
    found: list[OwnFile] = []
    others = 0
    for file in sorted(_below(folder, "", 0), key=lambda each: each.path) if folder.is_dir() else ():
        if file.size_bytes < 0 or len(found) >= MOST_LISTED:
            others += 1
        else:
            found.append(file)
    return Listed(files=found, others=others)


def read_file(folder: Path, path: str) -> bytes:
    """The content of a file.

    Raises:
        UserError: there is none with this path, it is no regular file of its own, or it is too large.
    """
    try:
        return read_artifact(folder, path, LARGEST)
    except BadArtifact as bad:
        raise UserError(str(bad), fix="see `overnight claw files`") from bad


def write_file(folder: Path, path: str, content: bytes) -> None:
    """Replace the content of a file, or make one with the folders that it needs.

    Raises:
        UserError: the path leads out of the folder, through a link, or to a folder.
    """
    try:
        with opened(folder) as root:
            with suppress(FileNotFoundError):
                delete_file(root, path)
            with closing_descriptor(create_file(root, path, executable=False)) as file:
                write_all(file, content)
                os.fsync(file)
    except (OSError, ValueError) as error:
        why = error.strerror if isinstance(error, OSError) else str(error)
        fix = "give a path of a file in the claw's own folder, such as notes/today.md"
        raise UserError(f"{printable(path, NAME)} cannot be written: {why}", fix=fix) from error


def _below(folder: Path, prefix: str, depth: int) -> Iterator[OwnFile]:
    if depth > DEEPEST:
        return
    with suppress(OSError), opened(folder) as root, os.scandir(root) as entries:
        for entry in entries:
            path = prefix + entry.name
            if entry.is_dir(follow_symlinks=False):
                yield from _below(folder / entry.name, f"{path}/", depth + 1)
            else:
                size = entry.stat(follow_symlinks=False).st_size if entry.is_file(follow_symlinks=False) else -1
                yield OwnFile(path=printable(path, NAME), size_bytes=size)
