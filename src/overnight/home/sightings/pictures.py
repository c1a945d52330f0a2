"""The pictures of sightings: files by content in the home's folder, deleted after some days."""

import tempfile
import time
from contextlib import suppress
from pathlib import Path

from overnight.files.own import make_folder
from overnight.ledger.artifacts import ArtifactStore

FOLDER = "pictures"
DAY_S = 86400


def keep(home: Path, picture: bytes) -> str:
    """Keep one; its digest, hex."""
    folder = home / FOLDER
    make_folder(folder)
    with tempfile.NamedTemporaryFile(dir=folder, prefix=".new-", delete=False) as file:
        file.write(picture)
    return ArtifactStore(folder).keep(Path(file.name))


def read(home: Path, digest: str) -> bytes | None:
    """One of them; None if it is not kept any more."""
    return ArtifactStore(home / FOLDER).read(digest) if digest else None


def path_of(home: Path, digest: str) -> str:
    """Its file; empty if it is not kept any more."""
    path = home / FOLDER / digest[:2] / digest[2:]
    return str(path) if digest and path.is_file() else ""


def expire(home: Path, days: float) -> int:
    """Delete those that are older; how many."""
    before, gone = time.time() - days * DAY_S, 0
    for path in (home / FOLDER).glob("*/*"):
        with suppress(FileNotFoundError):
            if path.lstat().st_mtime < before:
                path.unlink()
                gone += 1
    return gone
