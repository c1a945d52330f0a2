"""Who holds a ledger: a lock on a file beside it, released when the process ends, however it ends.

Does not cover: a process that does not take the lock; the chain stays intact whichever process appends.
"""

import errno
import fcntl
import os
import stat
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from overnight.errors import LedgerBusy, UserError

NAME = "lock"
LOCK_TRIES, LOCK_PAUSE_S = 10, 0.01
_FLAGS = os.O_NOFOLLOW | os.O_NONBLOCK | os.O_NOCTTY | os.O_CLOEXEC  # the file may come with a cloned repository
_READ_BYTES = 32  # of the file, which may hold anything
_DIGITS = 10  # of a process id: it fits in 32 bits


@contextmanager
def hold(folder: Path) -> Iterator[None]:
    """Hold the ledger in this folder for this process.

    Raises:
        LedgerBusy: another process holds it.
        UserError: something other than a regular file is in the place of the lock.
    """
    with _opened(folder, os.O_RDWR | os.O_CREAT) as file:
        _take(file, folder)
        os.ftruncate(file, 0)
        os.pwrite(file, str(os.getpid()).encode(), 0)
        yield


def _take(file: int, folder: Path) -> None:
    for _ in range(LOCK_TRIES):
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            time.sleep(LOCK_PAUSE_S)  # `holder` takes the lock only for a moment
        else:
            return
    process = _process(file)
    raise LedgerBusy(f"the ledger in {folder} is held by process {process or '?'}", process=process)


def holder(folder: Path) -> int | None:
    """The id of the process that holds the ledger in this folder, None if none does or the file does not hold an id.

    Raises:
        UserError: something other than a regular file is in the place of the lock.
    """
    try:
        with _opened(folder, os.O_RDONLY) as file:
            try:
                fcntl.flock(file, fcntl.LOCK_SH | fcntl.LOCK_NB)
            except BlockingIOError:
                return _process(file)
    except FileNotFoundError:
        pass
    return None


@contextmanager
def _opened(folder: Path, flags: int) -> Iterator[int]:
    path = folder / NAME
    try:
        file = os.open(path, flags | _FLAGS, 0o666)
    except OSError as error:
        if error.errno in (errno.ELOOP, errno.EISDIR, errno.ENXIO):  # a link, a folder, a socket
            raise _odd(path) from error
        raise
    try:
        if not stat.S_ISREG(os.fstat(file).st_mode):
            raise _odd(path)
        yield file
    finally:
        os.close(file)


def _odd(path: Path) -> UserError:
    return UserError(f"{path} is not a regular file, so it cannot be the lock of a ledger", fix="remove it and run again")


def _process(file: int) -> int | None:
    text = os.pread(file, _READ_BYTES, 0).strip()
    return int(text) if text.isdigit() and len(text) <= _DIGITS else None  # of bytes: only 0 to 9
