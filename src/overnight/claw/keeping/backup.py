"""Writes a claw to one encrypted file while it runs: its record as of one moment, and what its owner wrote.

Does not cover: secrets, which `overnight secret` keeps; the repositories that it works on; models and their accounts.
"""

import io
import json
import os
import tarfile
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

from overnight.claw.charter import MEMORY
from overnight.claw.events import BackedUp
from overnight.claw.keeping.locked_file import write_locked
from overnight.claw.record.record import VERSION, ClawRecord
from overnight.errors import UserError
from overnight.files.folders import opened
from overnight.files.new_file import new_file
from overnight.files.own import read_unlinked
from overnight.files.plain_tar import FORMAT, add_file
from overnight.ledger.file import NAME

PASSPHRASE = "CLAW_BACKUP"  # noqa: S105  # the name of the secret that backups are encrypted with
ABOUT = "about.json"
MOST_LISTED = 100
MOST_BYTES = 1 << 30  # of all files beside the record


@dataclass(frozen=True, slots=True, kw_only=True)
class About:
    """What a backup says of itself, in its first entry."""

    name: str
    version: int  # of the record
    events: int
    newest: str  # hash of the newest event, which names all before it
    at: float  # Unix time


@dataclass(frozen=True, slots=True, kw_only=True)
class Made:
    """A backup that was made."""

    file: str
    at: float  # Unix time
    number: int  # of its event: it has all events before
    exists: bool  # at the same place still


def backups(record: ClawRecord) -> Sequence[Made]:
    """The newest backups, newest first; one that was moved may be somewhere else."""
    entries = record.newest_of(["backed_up"], MOST_LISTED)
    return [
        Made(file=each.event.file, at=each.at, number=each.seq, exists=Path(each.event.file).exists())
        for each in entries
        if isinstance(each.event, BackedUp)
    ]


def back_up(folder: Path, record: ClawRecord, path: Path, passphrase: str) -> About:
    """Write the backup; an existing file is not replaced.

    Raises:
        UserError: there is a file already, or it cannot be written; then nothing is left of it.
    """
    with record.store.reading() as db:
        db.execute("BEGIN")
        try:
            newest = record.store.newest()
            [digest] = db.execute("SELECT hash FROM events WHERE seq=?", (newest,)).fetchone() or ("",)
            ledger = db.serialize()  # in memory: a copy on disk would be one more place to forget from
        finally:
            db.execute("ROLLBACK")
    about = About(name=folder.name, version=VERSION, events=newest, newest=digest, at=record.clock())
    with new_file(path) as file:
        write_locked(file, _archive(folder, about, ledger), passphrase)
    return about


def _archive(folder: Path, about: About, ledger: bytes) -> Iterator[bytes]:
    """A tar of it, in pieces."""
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w", format=FORMAT) as tar:
        _add(tar, ABOUT, json.dumps(asdict(about)).encode())
        _add(tar, f"{MEMORY}/{NAME}", ledger)
        yield _taken(out)
        total = 0
        for name in _files(folder, ""):
            content = _content(folder / name, MOST_BYTES - total)
            if content is not None:
                total += len(content)
                _add(tar, name, content)
                yield _taken(out)
    yield _taken(out)


def _files(folder: Path, below: str) -> Iterator[str]:
    """The plain files of a claw but its record, by their names; links are not followed."""
    with opened(folder / below) as descriptor:
        entries = sorted(os.scandir(descriptor), key=lambda entry: entry.name)
        names = [(entry.name, entry.is_dir(follow_symlinks=False), entry.is_file(follow_symlinks=False)) for entry in entries]
    for name, is_folder, is_file in names:
        path = f"{below}/{name}" if below else name
        if is_folder and path != MEMORY:
            yield from _files(folder, path)
        elif is_file:
            yield path


def _content(path: Path, most: int) -> bytes | None:
    """What is in a file; None if it went away or became something else."""
    try:
        content = read_unlinked(path, most + 1)
    except OSError:
        return None
    if len(content) > most:
        what = f"the files of the claw have more than {MOST_BYTES >> 30} GiB"
        raise UserError(what, fix="keep large files elsewhere")
    return content


def _add(tar: tarfile.TarFile, name: str, content: bytes) -> None:
    add_file(tar, name, io.BytesIO(content), len(content))


def _taken(out: io.BytesIO) -> bytes:
    """What was written so far, once."""
    found = out.getvalue()
    out.seek(0)
    out.truncate()
    return found
