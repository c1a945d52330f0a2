"""What tells that files were written, without opening them."""

from collections.abc import Iterable
from pathlib import Path

Signature = tuple[tuple[int, int, int] | None, ...]  # of each file: when it was written (ns), its size (bytes), its inode


def signature_of(files: Iterable[Path]) -> Signature:
    """What differs if one of some files was written, made anew or removed; None for one that is not there."""
    return tuple(map(_status, files))


def database(path: Path) -> tuple[Path, Path]:
    """The files of an SQLite database that are written when it changes."""
    return path, path.with_name(f"{path.name}-wal")


def _status(file: Path) -> tuple[int, int, int] | None:
    try:
        found = file.stat()
    except (OSError, ValueError):
        return None
    return found.st_mtime_ns, found.st_size, found.st_ino
