"""Who holds a ledger: a lock on a file beside it, released when the process ends, however it ends.

Does not cover: a process that does not take the lock; the chain stays intact whichever process appends.
"""

import os
import signal
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from overnight.errors import LedgerBusy
from overnight.files.folders import closing_descriptor
from overnight.files.locks import take_lock
from overnight.files.own import open_own

NAME = "lock"
WAKE = signal.SIGUSR1  # see `wake`
LOOK_S = 0.1  # that a holder waits: `holder` takes the lock only for a moment
_READ_BYTES = 32  # of the file, which may hold anything
_DIGITS = 10  # of a process id: it fits in 32 bits


@contextmanager
def hold(folder: Path) -> Iterator[None]:
    """Hold the ledger in this folder for this process.

    Raises:
        LedgerBusy: another process holds it.
        NotOurs: something other than a regular file of ours is in the place of the lock.
    """
    with closing_descriptor(open_own(folder / NAME, os.O_RDWR | os.O_CREAT)) as file:
        if not take_lock(file, within_s=LOOK_S):
            process = _process(file)
            raise LedgerBusy(f"the ledger in {folder} is held by process {process or '?'}", process=process)
        os.ftruncate(file, 0)
        os.pwrite(file, str(os.getpid()).encode(), 0)
        yield


def holder(folder: Path) -> int | None:
    """The id of the process that holds the ledger in this folder, None if none does or the file does not hold an id.

    Raises:
        NotOurs: something other than a regular file of ours is in the place of the lock.
    """
    try:
        with closing_descriptor(open_own(folder / NAME, os.O_RDONLY)) as file:
            return None if take_lock(file, shared=True) else _process(file)
    except FileNotFoundError:
        return None


def wake(folder: Path) -> bool:
    """Let the process that holds this ledger look for orders now; False if it cannot be reached.

    Its id may belong to another process here, if it runs in a container, for example: only one that has the file of the lock
    open is signalled, and that handles the signal, which would end any other.
    """
    process = holder(folder)
    if process is None or not _handles(process) or not _has_open(process, folder / NAME):
        return False
    try:
        os.kill(process, WAKE)
    except (ProcessLookupError, PermissionError):
        return False
    return True


def _handles(process: int) -> bool:
    """Whether a process handles the signal, as far as we can tell."""
    try:
        status = Path(f"/proc/{process}/status").read_text(errors="replace")
    except OSError:
        return False
    caught = next((line.split()[1] for line in status.splitlines() if line.startswith("SigCgt:")), "0")
    return bool(int(caught, 16) >> (WAKE - 1) & 1)


def _has_open(process: int, path: Path) -> bool:
    """Whether a process that we can look at has a file open."""
    try:
        wanted = path.lstat()
        with os.scandir(f"/proc/{process}/fd") as entries:
            found = list(entries)
    except OSError:
        return False
    for entry in found:
        with suppress(OSError):  # closed meanwhile
            if os.path.samestat(entry.stat(), wanted):
                return True
    return False


def _process(file: int) -> int | None:
    text = os.pread(file, _READ_BYTES, 0).strip()
    return int(text) if text.isdigit() and len(text) <= _DIGITS else None  # of bytes: only 0 to 9
