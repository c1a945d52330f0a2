"""Files stored under the digest of their content, bounded so that they do not fill the disk: such as the logs of jobs.

Does not cover: who wrote a file; deletion by others (`holds` detects it). What is not a file of ours is not kept.
"""

import errno
import hashlib
import io
import os
import re
from collections.abc import Iterator
from pathlib import Path

from overnight.files.own import PRIVATE_FILE, NotOurs, close_folder, make_folder, open_own
from overnight.words.quantities import size_text

GENEROUS_BYTES = 1000**3  # up to this total, each file is kept whole
TAIL_BYTES = 16_000  # kept of each file beyond that total: the end, where errors are
_LINE_BYTES = 1000  # more than the line before such an end
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
        if not os.path.lexists(self._home(digest)):
            if self._total_bytes is None:
                self._total_bytes = self._estimate()
            if self._total_bytes + path.stat().st_size > self._generous_bytes:
                _cut(path, self._generous_bytes)
                digest = _digest(path)
            self._total_bytes += path.stat().st_size
        home = self._home(digest)
        make_folder(self._folder)
        make_folder(home.parent)
        path.chmod(PRIVATE_FILE)
        try:
            path.replace(home)
        except IsADirectoryError as error:
            raise NotOurs(f"{home} is not a regular file of its own", fix="remove it") from error
        return digest

    def read(self, digest: str) -> bytes | None:
        """The content, None if it is not kept."""
        try:
            with self._opened(digest) as file:
                return file.read()
        except (FileNotFoundError, NotOurs):
            return None

    def holds(self, digest: str) -> bool:
        """Whether it is kept, and still has the content that its name says."""
        try:
            with self._opened(digest) as file:
                return hashlib.file_digest(file, "sha256").hexdigest() == digest
        except (OSError, ValueError, NotOurs):
            return False

    def _opened(self, digest: str) -> io.BufferedReader:
        """A kept file, opened to read.

        Raises:
            FileNotFoundError: nothing is kept under this digest; what is larger than any kept file is not kept either.
            NotOurs: something else is in its place.
        """
        home = self._home(digest)
        for folder in (self._folder, home.parent):
            close_folder(folder)
        file = os.fdopen(open_own(home, os.O_RDONLY), "rb")
        if os.fstat(file.fileno()).st_size > max(self._generous_bytes, TAIL_BYTES + _LINE_BYTES):
            file.close()
            raise FileNotFoundError(errno.ENOENT, os.strerror(errno.ENOENT), str(home))
        return file

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
