"""Files stored under the digest of their content, bounded so that they do not fill the disk: such as the logs of jobs.

Does not cover: who wrote a file; deletion by others (`holds` detects it).
"""

import hashlib
import os
import re
from collections.abc import Iterator
from pathlib import Path

from overnight.words.quantities import size_text

GENEROUS_BYTES = 1000**3  # up to this total, each file is kept whole
TAIL_BYTES = 16_000  # kept of each file beyond that total: the end, where errors are
_SAMPLE = 2000  # files whose sizes are read to estimate the total
_FOLDERS = 256
_NAME = re.compile(r"[0-9a-f]{64}")


class ArtifactStore:
    """A folder of files addressed by content; implements the port `Artifacts`."""

    def __init__(self, folder: Path, *, generous_bytes: int = GENEROUS_BYTES) -> None:
        self._folder = folder
        self._generous_bytes = generous_bytes
        self._total_bytes: int | None = None  # of all files, an estimate; None: not estimated yet

    def keep(self, path: Path) -> str:
        """Move a file in, or only its end if the store is full; return its digest, hex. Equal files are stored once."""
        digest = _digest(path)
        if not self._home(digest).exists():
            if self._total_bytes is None:
                self._total_bytes = self._estimate()
            if self._total_bytes + path.stat().st_size > self._generous_bytes:
                _cut(path, self._generous_bytes)
                digest = _digest(path)
            self._total_bytes += path.stat().st_size
        home = self._home(digest)
        home.parent.mkdir(parents=True, exist_ok=True)
        path.replace(home)
        return digest

    def read(self, digest: str) -> bytes | None:
        """The content, None if it is not kept."""
        home = self._home(digest)
        return home.read_bytes() if home.is_file() else None

    def holds(self, digest: str) -> bool:
        """Whether it is kept, and still has the content that its name says."""
        try:
            return _digest(self._home(digest)) == digest
        except (OSError, ValueError):
            return False

    def _home(self, digest: str) -> Path:
        if not _NAME.fullmatch(digest):
            raise ValueError(f"not a digest: {digest[:64]!r}")
        return self._folder / digest[:2] / digest[2:]

    def _estimate(self) -> int:
        """Bytes of all files: exact if there are few, else from some folders, as digests spread evenly over them."""
        files = size = seen = 0
        for seen in range(1, _FOLDERS + 1):
            sizes = list(_sizes(self._folder / f"{seen - 1:02x}"))
            files, size = files + len(sizes), size + sum(sizes)
            if files >= _SAMPLE:
                break
        return size * _FOLDERS // seen


def _digest(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _sizes(folder: Path) -> Iterator[int]:
    try:
        with os.scandir(folder) as entries:
            yield from (entry.stat(follow_symlinks=False).st_size for entry in entries)
    except FileNotFoundError:
        return


def _cut(path: Path, full_bytes: int) -> None:
    """Keep only the end of a file, after a line that says so."""
    with path.open("rb+") as file:
        size = file.seek(0, os.SEEK_END)
        if size <= TAIL_BYTES:
            return
        file.seek(size - TAIL_BYTES)
        end = file.read()
        file.seek(0)
        left_out, full = size_text(size - TAIL_BYTES), size_text(full_bytes)
        file.write(f"[{left_out} before this were dropped: the {full} for whole logs are used up]\n".encode())
        file.write(end)
        file.truncate()
