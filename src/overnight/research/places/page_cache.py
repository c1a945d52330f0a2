"""The kernel's copies in memory of the files under `readable`: the same for every trial, whatever the trial before did.

A trial that reads 4 GB from the disk is slow, and one that finds them in memory is fast. Without this a candidate could
read data that the head does not read, or leave it out, and so shift the times of the trials after its own; it could also
leave a note to itself, a bit for each file.

Does not cover: system folders and the interpreter's (`jail/syscalls.py` keeps jobs from emptying their copies, but they can
fill them); files over the limits, unless trials are timed one at a time; more than 100,000 files; memory that is so short
that the kernel drops files by itself; files added to `readable` during a session.
"""

import os
import stat
import threading
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from overnight.files.folders import CHUNK_BYTES, OPEN_FILE, closing_descriptor
from overnight.research.places.fingerprint import walk

WARM_BYTES = 2 * 1000**3  # of all files; reading those that are in memory already takes about 0.4 s
MOST_WARM = 10_000  # files; one takes some 50 us
MOST_DROPPED = 100_000
_SHARE = 4  # files are not warmed beyond this part of the machine's free memory, where they would push each other out


@dataclass(frozen=True, slots=True, kw_only=True)
class _Listing:
    files: tuple[Path, ...]
    size_bytes: int
    whole: bool  # False: there are more


class PageCache:
    """The port `CacheState`, for one session."""

    def __init__(self, readable: Sequence[str], *, alone: bool) -> None:
        """`alone` if no other trial runs beside one that is about to start, and its time is measured."""
        self._readable = tuple(readable)
        self._alone = alone
        self._listing: _Listing | None = None
        self._lock = threading.Lock()

    def prepare(self, check: Callable[[], None]) -> None:
        """Have all files in memory; if they are too large, none of them if trials are timed, else leave them as they are."""
        with self._lock:
            listing = self._listing = self._listing or _list(self._readable, MOST_DROPPED if self._alone else MOST_WARM)
            warm = len(listing.files) <= MOST_WARM and listing.size_bytes <= min(WARM_BYTES, _available_bytes() // _SHARE)
            if listing.whole and (warm or self._alone):
                for file in listing.files:
                    check()
                    with suppress(OSError):  # it is gone, or not ours to read
                        _warm(file) if warm else _drop(file)


def _list(readable: Sequence[str], most: int) -> _Listing:
    files: list[Path] = []
    size = 0
    for path in readable:
        for _, status, file in walk(Path(path)):
            if not stat.S_ISREG(status.st_mode):
                continue
            if len(files) == most:
                return _Listing(files=(), size_bytes=size, whole=False)
            files.append(file)
            size += status.st_size
    return _Listing(files=tuple(files), size_bytes=size, whole=True)


def _available_bytes() -> int:
    """Memory that the kernel can give without pushing out what is in use."""
    lines = Path("/proc/meminfo").read_text().splitlines()
    return next((int(line.split()[1]) * 1024 for line in lines if line.startswith("MemAvailable:")), 0)


def _warm(file: Path) -> None:
    with closing_descriptor(os.open(file, OPEN_FILE)) as opened:
        buffer = bytearray(CHUNK_BYTES)
        while os.readv(opened, [buffer]):
            pass


def _drop(file: Path) -> None:
    with closing_descriptor(os.open(file, OPEN_FILE)) as opened:
        os.posix_fadvise(opened, 0, 0, os.POSIX_FADV_DONTNEED)
