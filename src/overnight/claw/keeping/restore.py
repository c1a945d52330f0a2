"""Makes a claw from a backup. It is frozen: it hears, sends and does nothing until its owner says that it is the one to live.

Does not cover: the original, if it lives on another machine: nothing here can know that. Telegram lets one of two processes
receive with a token, and the other one is deaf, which is reported; no other channel has even that.
"""

import io
import os
import shutil
import tarfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path, PurePosixPath
from typing import IO, TYPE_CHECKING

from overnight.claw.charter import MEMORY, SETTINGS
from overnight.claw.events import Restored
from overnight.claw.folders import claw_folder, claw_names
from overnight.claw.keeping.backup import ABOUT, About
from overnight.claw.keeping.locked_file import read_locked
from overnight.claw.record.checking import check_record
from overnight.claw.record.record import VERSION, ClawRecord, living_origin
from overnight.errors import OvernightError, UserError
from overnight.files.own import make_folder, open_own
from overnight.files.plain_tar import plain_files
from overnight.files.private_folder import private_folder
from overnight.ledger.file import NAME
from overnight.words.foreign import printable

if TYPE_CHECKING:
    from _typeshed import WriteableBuffer

KIND = "work"
MOST_ABOUT = 10_000  # bytes
SHOWN = 200
LONGEST = 4_000  # characters of a file's path


def restore(path: Path, name: str | None, passphrase: str) -> tuple[Path, About]:
    """The folder of a claw that is made from a backup, there whole or not at all.

    Raises:
        UserError: the backup cannot be read, or does not hold, or there is a claw of this name.
    """
    if name is not None:
        _require_free(name)
    with private_folder(_claws(), KIND) as work:
        folder = work / "claw"
        make_folder(folder)
        with _opened(path, passphrase) as tar:
            about = _unpack(tar, folder)
        final = _require_free(name or about.name)
        with ClawRecord(folder) as record:
            if findings := check_record(record).findings:
                raise UserError(f"the record in {path} does not hold: {findings[0]}", fix="take another backup")
            record.append(Restored(made=about.at))
        folder.rename(final)
    return final, about


def twins(folder: Path, record: ClawRecord) -> Iterator[str]:
    """The names of the other claws here that go on from the same beginning, and are not frozen."""
    origin = record.store.origin()
    for name in claw_names():
        other = claw_folder(name)
        if origin is not None and other != folder and (ClawRecord.folder_of(other) / NAME).exists():
            with suppress(OvernightError):  # one that cannot be read lives no more
                if living_origin(other) == origin:
                    yield name


def _claws() -> Path:
    parent = claw_folder("claw").parent
    make_folder(parent)
    return parent


def _require_free(name: str) -> Path:
    folder = claw_folder(name)
    if folder.exists():
        fix = f"give it another name with --name, or remove that one: overnight claw remove {name}"
        raise UserError(f"there is a claw `{name}` already", fix=fix)
    return folder


@contextmanager
def _opened(path: Path, passphrase: str) -> Iterator[tarfile.TarFile]:
    try:
        with path.open("rb") as file, tarfile.open(fileobj=_Stream(read_locked(file, passphrase)), mode="r|") as tar:
            yield tar
    except OSError as error:
        raise UserError(f"{path} cannot be read: {error.strerror}", fix="name a file of `overnight claw backup`") from error
    except tarfile.TarError as error:
        raise UserError(f"{path} has not what a backup has", fix="take another backup") from error


def _unpack(tar: tarfile.TarFile, folder: Path) -> About:
    """Write its plain files below a folder; the first entry says what it is."""
    about: About | None = None
    for name, content in plain_files(tar):
        if about is None:
            about = _about(content.read(MOST_ABOUT) if name == ABOUT else b"")
            continue
        path = _place(folder, name)
        for above in reversed(path.relative_to(folder).parents[:-1]):
            make_folder(folder / above)
        _write(path, content)
    if about is None or not (folder / SETTINGS).is_file() or not (folder / MEMORY / NAME).is_file():
        raise UserError("the backup is not whole", fix="take another backup")
    return about


def _write(path: Path, content: IO[bytes]) -> None:
    with os.fdopen(open_own(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL), "wb") as file:
        shutil.copyfileobj(content, file)


def _place(folder: Path, name: str) -> Path:
    """Where a file goes: below the folder, whatever its name says."""
    parts = PurePosixPath(name).parts
    is_other = parts[:1] == (MEMORY,) and parts != (MEMORY, NAME)  # such as a log that SQLite would carry out
    if not parts or name.startswith("/") or ".." in parts or printable(name, LONGEST) != name or is_other:
        raise UserError(f"the backup has a file named `{printable(name, SHOWN)}`", fix="take another backup")
    return folder.joinpath(*parts)


def _about(content: bytes) -> About:
    from pydantic import TypeAdapter, ValidationError

    try:
        about = TypeAdapter(About).validate_json(content)
    except ValidationError as error:
        raise UserError("the backup does not say what it is", fix="take another backup") from error
    if about.version > VERSION:
        fix = "install that version of overnight"
        raise UserError(f"the backup is of a newer overnight (form {about.version}, this one knows {VERSION})", fix=fix)
    return about


class _Stream(io.RawIOBase):
    """Pieces as a file."""

    def __init__(self, pieces: Iterator[bytes]) -> None:
        self._pieces, self._left = pieces, b""

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: "WriteableBuffer") -> int:
        view = memoryview(buffer).cast("B")
        while not self._left:
            piece = next(self._pieces, None)
            if piece is None:
                return 0
            self._left = piece
        taken, self._left = self._left[: len(view)], self._left[len(view) :]
        view[: len(taken)] = taken
        return len(taken)
