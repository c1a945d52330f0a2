"""The text files of a folder that may be edited: read and written one name at a time, and never through a link.

Does not cover: a process that changes the folder meanwhile; while the editor works, nothing runs there.
"""

import os
import stat
from collections.abc import Callable, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from overnight.agents.editor.edit import DoesNotApply
from overnight.files.folders import (
    GIT_NAMES,
    BadArtifact,
    closing_descriptor,
    create_file,
    decode_path,
    delete_file,
    opened,
    read_artifact,
    write_all,
)
from overnight.words.foreign import printable

MOST_FILES = 500  # that are read; a model would see no more of them
MOST_BYTES = 400_000  # of a file that is read, and can be edited
MOST_TOTAL = 4_000_000  # characters of all; as much as one proposal may have
LOOKED_AT = 20_000  # names in the folder
SHOWN = 120


def read_texts(folder: Path, may_edit: Callable[[str], bool]) -> Mapping[str, str]:
    """The editable files that are text, by path; links, binary files and large ones are left out."""
    texts, room = dict[str, str](), MOST_TOTAL
    for path in sorted(path for path in _files(folder) if may_edit(path))[:MOST_FILES]:
        with suppress(BadArtifact, UnicodeDecodeError):
            text = read_artifact(folder, path, MOST_BYTES).decode()
            if "\0" not in text and len(text) <= room:
                texts[path] = text
                room -= len(text)
    return texts


def write_texts(folder: Path, texts: Mapping[str, str]) -> None:
    """Replace files, or make new ones; an executable file stays one.

    Raises:
        DoesNotApply: something else is in a new file's place, or in that of a folder above it, or the disk is full; all is as
            it was then.
    """
    there = {path: _there(folder, path) for path in texts}
    with opened(folder) as root:
        touched = list[str]()
        for path in sorted(texts, key=lambda path: there[path] is not None):  # new ones first: they fail more often
            old = there[path]
            try:
                if old is not None:
                    touched.append(path)
                    delete_file(root, path)
                with closing_descriptor(create_file(root, path, executable=old is not None and old.executable)) as file:
                    touched += [path] if old is None else []
                    write_all(file, texts[path].encode())
            except (OSError, ValueError) as error:
                for each in touched:
                    _put_back(root, each, there[each])
                why = error.strerror if isinstance(error, OSError) else str(error)
                raise DoesNotApply(f"{printable(path, SHOWN)} cannot be written: {why}") from error


def restore_texts(folder: Path, before: Mapping[str, str], written: Mapping[str, str]) -> None:
    """Undo what was written: the files are as they were, and new ones are gone."""
    with opened(folder) as root:
        for path in written.keys() - before.keys():
            delete_file(root, path)
    write_texts(folder, {path: before[path] for path in written if path in before})


@dataclass(frozen=True, slots=True, kw_only=True)
class _There:
    """A file that may be replaced."""

    content: bytes
    executable: bool


def _there(folder: Path, path: str) -> _There | None:
    """The file of a name; None if there is none that may be replaced."""
    try:
        content = read_artifact(folder, path, MOST_BYTES)
    except BadArtifact:
        return None
    return _There(content=content, executable=bool((folder / path).lstat().st_mode & stat.S_IXUSR))


def _put_back(root: int, path: str, old: _There | None) -> None:
    """Make a file what it was; a disk that is full has room for that, as the new one is deleted first."""
    with suppress(OSError):
        delete_file(root, path)
    if old is not None:
        with suppress(OSError), closing_descriptor(create_file(root, path, executable=old.executable)) as file:
            write_all(file, old.content)


def _files(folder: Path) -> Iterator[str]:
    """The regular files below a folder, as paths in it."""
    folders, seen = [b""], 0
    while folders and seen < LOOKED_AT:
        inside = folders.pop()
        with suppress(OSError), os.scandir(os.path.join(os.fsencode(folder), inside)) as entries:  # noqa: PTH118  # of bytes
            for entry in entries:
                seen += 1
                path = os.path.join(inside, entry.name)  # noqa: PTH118
                if entry.is_dir(follow_symlinks=False):
                    folders += [path] if decode_path(entry.name).lower() not in GIT_NAMES else []
                elif entry.is_file(follow_symlinks=False):
                    yield decode_path(path)
