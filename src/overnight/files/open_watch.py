"""Which files below a folder are opened while it is watched, by whatever process and in whatever language.

The kernel reports it (inotify), also of a job behind other mounts, and needs no privilege.

Does not cover: folders that appear while it watches; more folders, or events at once, than the user's inotify limits allow, and
more than `MOST_NAMES` files, which `complete` shows. Opened is not read, and not used.
"""

import ctypes
import os
import select
import struct
import threading
from collections.abc import Iterator, Mapping
from pathlib import Path

from overnight.files.folders import decode_path

_OPEN, _OVERFLOW, _IGNORED, _FOLDER = 0x20, 0x4000, 0x8000, 0x4000_0000  # <sys/inotify.h>
_ONLY_FOLDER, _NO_LINK = 0x0100_0000, 0x0200_0000
_EVENT = struct.Struct("iIII")  # watch, mask, cookie, length of the name
_READ_BYTES = 1 << 16
MOST_NAMES = 200_000  # a job can make, open and delete new ones as long as it runs


class OpenWatch:
    """Watches every folder below `folder` from its creation until `close`."""

    def __init__(self, folder: Path) -> None:
        self._libc = ctypes.CDLL(None, use_errno=True)
        self._descriptor = self._libc.inotify_init1(os.O_NONBLOCK | os.O_CLOEXEC)
        self._stop = os.eventfd(0, os.EFD_CLOEXEC)
        self._opened: set[str] = set()
        self.complete = self._descriptor >= 0  # whether nothing that was opened can be missing
        self._prefixes = self._watch(os.fsencode(folder)) if self.complete else {}
        self._reader = threading.Thread(target=self._read_until_stopped, daemon=True)
        self._reader.start()

    def close(self) -> frozenset[str]:
        """End the watch; the files that were opened, relative to the folder and `/`-separated."""
        os.eventfd_write(self._stop, 1)
        self._reader.join()
        os.close(self._stop)
        if self._descriptor >= 0:
            os.close(self._descriptor)
        return frozenset(self._opened)

    def _watch(self, folder: bytes) -> Mapping[int, bytes]:
        prefixes = {}
        for path, _, _ in os.walk(folder):
            watch = self._libc.inotify_add_watch(self._descriptor, path, _OPEN | _ONLY_FOLDER | _NO_LINK)
            if watch < 0:
                self.complete = False
                break
            prefixes[watch] = path[len(folder) + 1 :] + b"/" if path != folder else b""
        return prefixes

    def _read_until_stopped(self) -> None:
        wanted = [self._stop, *([self._descriptor] if self._descriptor >= 0 else [])]
        stopped = False
        while not stopped:
            stopped = self._stop in select.select(wanted, [], [])[0]  # what is queued by then is still read
            while self._descriptor >= 0 and (events := self._next()):
                self._take(events)

    def _next(self) -> bytes:
        try:
            return os.read(self._descriptor, _READ_BYTES)
        except BlockingIOError:
            return b""

    def _take(self, events: bytes) -> None:
        for watch, mask, name in _split(events):
            if mask & _OVERFLOW or len(self._opened) >= MOST_NAMES:
                self.complete = False
            elif not mask & (_IGNORED | _FOLDER) and watch in self._prefixes:
                self._opened.add(decode_path(self._prefixes[watch] + name))


def _split(events: bytes) -> Iterator[tuple[int, int, bytes]]:
    at = 0
    while at < len(events):
        watch, mask, _, length = _EVENT.unpack_from(events, at)
        at += _EVENT.size + length
        yield watch, mask, events[at - length : at].rstrip(b"\0")
