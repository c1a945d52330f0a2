"""Who holds a ledger: a lock on a file beside it, released when the process ends, however it ends.

Does not cover: a process that does not take the lock; the chain stays intact whichever process appends.
"""

import fcntl
import os
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO

from overnight.errors import LedgerBusy

NAME = "lock"
LOCK_TRIES, LOCK_PAUSE_S = 10, 0.01


@contextmanager
def hold(folder: Path) -> Iterator[None]:
    """Hold the ledger in this folder for this process.

    Raises:
        LedgerBusy: another process holds it.
    """
    with (folder / NAME).open("a+") as file:
        _take(file, folder)
        file.truncate(0)
        file.write(str(os.getpid()))
        file.flush()
        yield


def _take(file: IO[str], folder: Path) -> None:
    for _ in range(LOCK_TRIES):
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            time.sleep(LOCK_PAUSE_S)  # `holder` takes the lock only for a moment
        else:
            return
    file.seek(0)
    process = _process(file)
    raise LedgerBusy(f"the ledger in {folder} is held by process {process or '?'}", process=process)


def holder(folder: Path) -> int | None:
    """The id of the process that holds the ledger in this folder, None if none does."""
    try:
        file = (folder / NAME).open("r")
    except FileNotFoundError:
        return None
    with file:
        try:
            fcntl.flock(file, fcntl.LOCK_SH | fcntl.LOCK_NB)
        except BlockingIOError:
            return _process(file)
    return None


def _process(file: IO[str]) -> int | None:
    text = file.read().strip()
    return int(text) if text.isdecimal() else None
