"""Writes files so that they are there whole or not at all."""

import os
import stat
import tempfile
from pathlib import Path

_READABLE = 0o644  # for everybody who can enter the folder


def write_atomically(path: Path, content: bytes, *, mode: int | None = None, lasting: bool = True) -> None:
    """Replace the content of the file; a reader or a crash sees the old or the new content, nothing in between.

    A link in its place is replaced, not followed. In a folder of one user only, the file is for that user alone too, unless
    there is a mode for it. One that need not be `lasting` can be empty after a crash of the machine, and its writer does not
    wait for the disk.
    """
    descriptor, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")  # new, and only the owner has access
    temporary = Path(name)
    try:
        with os.fdopen(descriptor, "wb") as file:
            file.write(content)
            file.flush()
            if lasting:
                os.fsync(file.fileno())
            if mode is not None:
                os.fchmod(file.fileno(), mode)
            elif path.parent.stat().st_mode & (stat.S_IRWXG | stat.S_IRWXO):
                os.fchmod(file.fileno(), _READABLE)
        temporary.replace(path)
    except BaseException:
        temporary.unlink(missing_ok=True)
        raise
