"""Archives of plain files: what is written has no links and no owners, and nothing else is read."""

import tarfile
from collections.abc import Iterator
from typing import IO

from overnight.errors import UserError
from overnight.files.own import PRIVATE_FILE
from overnight.words.foreign import printable

FORMAT = tarfile.PAX_FORMAT
SHOWN = 200  # characters of a name


def add_file(tar: tarfile.TarFile, name: str, content: IO[bytes], size: int) -> None:
    """Add a file of so many bytes."""
    entry = tarfile.TarInfo(name)
    entry.size, entry.mode = size, PRIVATE_FILE
    tar.addfile(entry, content)


def plain_files(tar: tarfile.TarFile) -> Iterator[tuple[str, IO[bytes]]]:
    """The files of an archive in order, each to be read before the next one.

    Raises:
        UserError: something of it is no plain file.
    """
    for entry in tar:
        content = tar.extractfile(entry) if entry.isreg() and not entry.issparse() else None  # whose holes fill a disk
        if content is None:
            raise UserError(f"the backup has `{printable(entry.name, SHOWN)}`, which is no file", fix="take another backup")
        yield entry.name, content
