"""Which processes that hold something are alive: each has a byte of one file, and the kernel lets go of it when it ends.

So it is known also of a process in another container that shares the folder, after a restart of the machine, and when its
pid was given to another one; a pid, its start time and a boot id would not say it in the first case.
"""

import fcntl
import os
import struct
from pathlib import Path

from overnight.files.own import open_own

_FLOCK = struct.Struct("hhqqi4x")  # struct flock: type, whence, start, length, pid


class HolderLocks:
    """The file; each number is a byte of it."""

    def __init__(self, path: Path) -> None:
        """Raises OSError or NotOurs: it cannot be opened."""
        self._file = open_own(path, os.O_RDWR | os.O_CREAT)

    def hold(self, number: int) -> None:
        """Have this number until the end of the process; raises BlockingIOError if another process has it."""
        self._ask(fcntl.F_OFD_SETLK, number)

    def is_held(self, number: int) -> bool:
        """Whether somebody else has the number."""
        return int(_FLOCK.unpack(self._ask(fcntl.F_OFD_GETLK, number))[0]) != fcntl.F_UNLCK

    def close(self) -> None:
        """Let go of all."""
        os.close(self._file)

    def _ask(self, command: int, number: int) -> bytes:
        return fcntl.fcntl(self._file, command, _FLOCK.pack(fcntl.F_WRLCK, os.SEEK_SET, number, 1, 0))
