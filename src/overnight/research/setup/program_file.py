"""The user's `program.md` on disk: read as it is, written without ever losing a byte of it."""

import os
import secrets
import stat
from contextlib import suppress
from pathlib import Path

from overnight.errors import ProgramError, UserError
from overnight.program.front_matter import MAX_FILE_CHARACTERS, split_front_matter

NEW_FILE_MODE = 0o644


def read_body(path: Path) -> bytes | None:
    """The bytes of a program.md without front matter, None if there is no file.

    Raises:
        UserError: it has a front matter already, or is not a UTF-8 file of allowed size.
    """
    try:
        state = path.lstat()
    except FileNotFoundError:
        return None
    if not stat.S_ISREG(state.st_mode):
        raise UserError(f"{path.name} is not a regular file", fix="replace it with a regular file")
    if state.st_size > MAX_FILE_CHARACTERS:
        raise UserError(f"{path.name} is larger than {MAX_FILE_CHARACTERS:,} bytes", fix="shorten it")
    body = path.read_bytes()
    try:
        split_front_matter(body.decode(), path.name)
    except UnicodeDecodeError:
        raise UserError(f"{path.name} is not UTF-8", fix="save it as UTF-8") from None
    except ProgramError:
        return body
    raise UserError(f"{path.name} has a front matter already", fix="check it with `overnight check`")


def write_above(path: Path, front: str, body: bytes | None) -> None:
    """Put a front matter above the body that was read; all or nothing, and only if the file is still as it was.

    Raises:
        UserError: it changed meanwhile, or cannot be written.
    """
    temporary = path.with_name(f".{path.name}.{secrets.token_hex(4)}")
    try:
        mode = NEW_FILE_MODE if body is None else stat.S_IMODE(path.stat().st_mode)
        _write_new(temporary, front.encode() + (body or b""), mode)
        if body is None:
            os.link(temporary, path)  # unlike a rename, it fails if there is a file by now
        elif read_body(path) == body:
            temporary.replace(path)
        else:
            raise UserError(f"{path.name} changed meanwhile", fix="run `overnight init` again")
    except OSError as error:
        raise UserError(f"{path} cannot be written: {error.strerror}", fix="nothing was changed; try again") from error
    finally:
        with suppress(OSError):
            temporary.unlink()


def _write_new(path: Path, content: bytes, mode: int) -> None:
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, mode)
    with open(descriptor, "wb") as file:  # noqa: PTH123  # of a descriptor
        file.write(content)
        file.flush()
        os.fsync(descriptor)
