"""Contents by digest that a node has received in one session, so that each travels once."""

import os
from collections import Counter, OrderedDict
from collections.abc import Collection, Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path

from overnight.files.folders import OPEN_FILE, closing_descriptor, remove_tree, write_all
from overnight.files.own import make_folder
from overnight.machines.nodes.manifest import digest_of

MOST_BYTES = 8 * 1000**3
SHARE_OF_FREE = 4  # a cache takes no more than one part in so many of the disk's free space
_PART = os.O_WRONLY | os.O_CREAT | os.O_NOFOLLOW | os.O_CLOEXEC
PRIVATE = 0o600


class ContentCache:
    """Files of a private folder, each named by its SHA-256; what was used least recently goes first."""

    def __init__(self, folder: Path, most_bytes: int | None = None) -> None:
        """Begin empty: what a killed session left is deleted."""
        remove_tree(folder)
        make_folder(folder)
        free = os.statvfs(folder)
        self.most_bytes = most_bytes or min(MOST_BYTES, free.f_bavail * free.f_frsize // SHARE_OF_FREE)
        self._folder = folder
        self._sizes: OrderedDict[bytes, int] = OrderedDict()
        self._in_use: Counter[bytes] = Counter()
        self._bytes = 0

    def lacks(self, digests: Iterable[bytes]) -> list[bytes]:
        """Those that are not here, in order, each once."""
        return [digest for digest in dict.fromkeys(digests) if digest not in self._sizes]

    def put(self, digest: bytes, size_bytes: int, offset: int, piece: bytes) -> None:
        """Write a piece of a content; the piece at its end makes it whole, if its digest is right.

        Raises:
            OSError: there is no room on the disk.
            ValueError: it has another digest.
        """
        part = self._folder / f"{digest.hex()}.part"
        with closing_descriptor(os.open(part, _PART | (os.O_TRUNC if offset == 0 else 0), PRIVATE)) as file:
            os.lseek(file, offset, os.SEEK_SET)
            write_all(file, piece)
        if offset + len(piece) < size_bytes:
            return
        with closing_descriptor(os.open(part, OPEN_FILE)) as file:
            if digest_of(file) != digest:
                part.unlink()
                raise ValueError("a content has not the digest that it was sent with")
        part.rename(self._path(digest))
        self._bytes += size_bytes - self._sizes.pop(digest, 0)
        self._sizes[digest] = size_bytes
        self._evict()

    def open(self, digest: bytes) -> int:
        """A descriptor of a content.

        Raises:
            OSError: it is not here, or the disk fails.
        """
        self._sizes.move_to_end(digest)
        return os.open(self._path(digest), OPEN_FILE)

    @contextmanager
    def held(self, digests: Collection[bytes]) -> Iterator[None]:
        """Keep these while they are used, as far as they are here."""
        self._in_use.update(digests)
        try:
            yield
        finally:
            self._in_use.subtract(digests)
            self._in_use = +self._in_use

    def _evict(self) -> None:
        for digest in list(self._sizes):
            if self._bytes <= self.most_bytes:
                return
            if not self._in_use[digest] and digest != next(reversed(self._sizes)):
                self._bytes -= self._sizes.pop(digest)
                self._path(digest).unlink(missing_ok=True)

    def _path(self, digest: bytes) -> Path:
        return self._folder / digest.hex()
