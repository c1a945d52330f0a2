"""Learned driver files on disk, by the hash of their text, each with what was found when it was judged."""

import hashlib
import re
from collections.abc import Sequence
from pathlib import Path

from overnight.errors import UserError
from overnight.files.atomic import write_atomically
from overnight.files.own import make_folder
from overnight.home.record.record import home_folder
from overnight.words.foreign import printable

FOLDER = "drivers"
LEAST = 8  # characters of a hash that name a file
_WHOLE = re.compile(r"[0-9a-f]{64}")
_HASH = re.compile(rf"[0-9a-f]{{{LEAST},64}}")


def keep(source: str, findings: str, record: str = "") -> str:
    """Keep a file, what was found of it, and what was asked and answered then; its hash."""
    folder = home_folder() / FOLDER
    make_folder(folder)
    digest = hashlib.sha256(source.encode()).hexdigest()
    write_atomically(folder / f"{digest}.py", source.encode())
    write_atomically(folder / f"{digest}.json", findings.encode())
    write_atomically(folder / f"{digest}.record", record.encode())
    return digest


def kept() -> Sequence[str]:
    """The hashes of all files, by age; links and files of other names are none of ours."""
    found = [each for each in (home_folder() / FOLDER).glob("*.json") if _WHOLE.fullmatch(each.stem) and not each.is_symlink()]
    return [each.stem for each in sorted(found, key=lambda path: path.stat().st_mtime)]


def full_digest(text: str) -> str:
    """The hash that begins so.

    Raises:
        UserError: none does, or several do.
    """
    found = [each for each in kept() if _HASH.fullmatch(text) and each.startswith(text)]
    if len(found) != 1:
        what = f"{'several drivers begin' if found else 'no learned driver begins'} with `{printable(text, 64)}`"
        raise UserError(what, fix=f"see `overnight home learned`; at least {LEAST} characters")
    return found[0]


def source_of(digest: str) -> str | None:
    """The text of a file; None if it is gone or was changed."""
    try:
        text = (home_folder() / FOLDER / f"{digest}.py").read_text()
    except (OSError, ValueError):
        return None
    return text if hashlib.sha256(text.encode()).hexdigest() == digest else None


def findings_of(digest: str) -> str:
    """What was found when it was judged, as JSON."""
    return (home_folder() / FOLDER / f"{digest}.json").read_text()


def recorded_of(digest: str) -> str:
    """What was asked and answered when it was judged, as JSON; empty if that is not kept."""
    try:
        return (home_folder() / FOLDER / f"{digest}.record").read_text()
    except (OSError, ValueError):
        return ""


def path_of(digest: str) -> Path:
    """Where its file is."""
    return home_folder() / FOLDER / f"{digest}.py"
