"""The folder of a skill, read once into memory: what is hashed is what is used, whatever becomes of the folder meanwhile.

Nothing is read through a link. A folder with anything but plain files, too many or too large ones, or odd names is no skill.
"""

import hashlib
import json
import os
import stat
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from overnight.errors import UserError
from overnight.files.folders import OPEN_FILE, OPEN_FOLDER, closing_descriptor, is_plain, opened, read_chunks, write_all
from overnight.words.foreign import printable

MOST_FILES = 200
MOST_BYTES = 10_000_000  # fonts and schemas of public skills take half of it
DEEPEST = 6
LONGEST = 100  # characters of a file's name


class BadSkill(UserError):  # noqa: N818  # a state
    """A folder is no skill; says why in one line."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SkillFile:
    """One file."""

    content: bytes
    runs: bool  # whether it may be run as a program

    @property
    def text(self) -> str:
        """As text, whatever its bytes are."""
        return self.content.decode("utf-8", "replace")


@dataclass(frozen=True, slots=True, kw_only=True)
class Tree:
    """All files of a skill, by their paths in its folder."""

    files: Mapping[str, SkillFile]

    @property
    def digest(self) -> str:
        """SHA-256 over paths, rights and contents, hex."""
        parts = [[path, file.runs, hashlib.sha256(file.content).hexdigest()] for path, file in sorted(self.files.items())]
        return hashlib.sha256(json.dumps(parts).encode()).hexdigest()

    def write(self, folder: Path) -> None:
        """Write all of it into a new folder, readable to everybody who can get there."""
        folder.mkdir(mode=0o755)
        for path, file in self.files.items():
            place = folder / path
            place.parent.mkdir(mode=0o755, parents=True, exist_ok=True)
            mode = 0o755 if file.runs else 0o644
            with closing_descriptor(os.open(place, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW, mode)) as written:
                write_all(written, file.content)


def read_tree(folder: Path) -> Tree:
    """What is in the folder of a skill.

    Raises:
        BadSkill: it is not fit to be one.
    """
    try:
        with opened(folder) as root:
            return Tree(files=dict(_files(root, "", 1, _Room())))
    except OSError as error:
        raise BadSkill(f"it cannot be read: {error.strerror}") from error


@dataclass(slots=True)
class _Room:
    """What may still be read."""

    files: int = MOST_FILES
    size_bytes: int = MOST_BYTES

    def take(self, size_bytes: int) -> None:
        self.files, self.size_bytes = self.files - 1, self.size_bytes - size_bytes
        if self.files < 0 or self.size_bytes < 0:
            raise BadSkill(f"it has more than {MOST_FILES} files or {MOST_BYTES:,} bytes")


def _files(folder: int, prefix: str, depth: int, room: _Room) -> Iterator[tuple[str, SkillFile]]:
    if depth > DEEPEST:
        raise BadSkill(f"its folders are more than {DEEPEST} deep")
    with os.scandir(folder) as entries:
        names = sorted(entry.name for entry, _ in zip(entries, range(MOST_FILES + 1), strict=False))
    for name in names:
        path = prefix + name
        if printable(name, LONGEST) != name or name.startswith(".") or name != name.strip():
            raise BadSkill(f"it has a file with an odd name: {printable(path, LONGEST)}")
        status = os.stat(name, dir_fd=folder, follow_symlinks=False)
        if stat.S_ISDIR(status.st_mode):
            room.take(0)
            with closing_descriptor(os.open(name, OPEN_FOLDER, dir_fd=folder)) as inner:
                yield from _files(inner, f"{path}/", depth + 1, room)
            continue
        if not is_plain(status):
            raise BadSkill(f"{printable(path, LONGEST)} is a link, or no plain file of its own")
        yield path, _read(folder, name, path, room)


def _read(folder: int, name: str, path: str, room: _Room) -> SkillFile:
    with closing_descriptor(os.open(name, OPEN_FILE, dir_fd=folder)) as file:
        status = os.fstat(file)
        if not is_plain(status):  # it was replaced since
            raise BadSkill(f"{printable(path, LONGEST)} is a link, or no plain file of its own")
        room.take(status.st_size)
        content = b"".join(read_chunks(file, status.st_size))
        return SkillFile(content=content, runs=bool(status.st_mode & stat.S_IXUSR))
