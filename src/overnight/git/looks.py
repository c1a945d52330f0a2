"""What git said of a checkout, for as long as the files that it said it by are the same: a server looks at every page.

Remembered is an answer about files of the user's own alone, none of which was written just before git was asked.

Does not cover: the user's configuration of git outside of the repository, which is read at the first look.
"""

import os
import stat
import threading
import time
from collections.abc import Callable, Hashable, Sequence
from pathlib import Path
from typing import Generic, TypeVar

MOST = 512  # answers of one kind
YOUNG_S = 0.1  # a file that was written since may have been read before; clocks of files have steps of up to 10 ms

A = TypeVar("A")
Signature = tuple[tuple[int, ...] | None, ...]


class Looks(Generic[A]):
    """Answers of one kind, each with the files that it depends on."""

    def __init__(self, clock: Callable[[], float] = time.time) -> None:
        self._clock = clock
        self._known: dict[Hashable, tuple[A, Sequence[Path], Signature]] = {}
        self._lock = threading.Lock()

    def known(self, asked: Hashable) -> A | None:
        """What was answered, if that still holds."""
        found = self._known.get(asked)
        return found[0] if found and _signature(found[1]) == found[2] else None

    def began(self) -> float:
        """The moment before git is asked."""
        return self._clock()

    def keep(self, asked: Hashable, answer: A, files: Sequence[Path], began: float) -> A:
        """Remember an answer, if it can be; return it in any case."""
        found = [_status(file) for file in files]
        old = all(status.st_uid == os.geteuid() and _changed(status) < began - YOUNG_S for status in found if status)
        with self._lock:
            self._known.pop(asked, None)
            if old:
                self._known[asked] = answer, files, tuple(map(_words, found))
            if len(self._known) > MOST:
                del self._known[next(iter(self._known))]
        return answer


def _signature(files: Sequence[Path]) -> Signature:
    return tuple(_words(_status(file)) for file in files)


def _status(file: Path) -> os.stat_result | None:
    try:
        return file.stat()
    except (OSError, ValueError):
        return None


def _words(status: os.stat_result | None) -> tuple[int, ...] | None:
    """What is another once a file was written to or replaced, and once a folder was replaced."""
    if status is None:
        return None
    which = (status.st_dev, status.st_ino, status.st_uid, status.st_mode)
    return which if stat.S_ISDIR(status.st_mode) else (*which, status.st_size, status.st_mtime_ns, status.st_ctime_ns)


def _changed(status: os.stat_result) -> float:
    return 0.0 if stat.S_ISDIR(status.st_mode) else status.st_ctime
