"""A new file for its owner alone: never in the place of another one, and nothing of it is left if it cannot be written."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO

from overnight.errors import UserError
from overnight.files.own import PRIVATE_FILE


@contextmanager
def new_file(path: Path) -> Iterator[BinaryIO]:
    """The file, open to be written; on disk at the end. A kill can leave the beginning of it.

    Raises:
        UserError: there is a file already, or it cannot be written; then nothing is left of it.
    """
    try:
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, PRIVATE_FILE)
    except FileExistsError as there:
        raise UserError(f"there is a file {path} already", fix="name another one") from there
    except OSError as error:
        raise UserError(f"{path} cannot be written: {error.strerror}", fix="name a file in a folder that there is") from error
    try:
        with os.fdopen(descriptor, "wb") as file:
            yield file
            file.flush()
            os.fsync(file.fileno())
    except BaseException as error:
        path.unlink(missing_ok=True)
        if isinstance(error, OSError):
            raise UserError(f"{path} cannot be written: {error.strerror}", fix="free some space and try again") from error
        raise
