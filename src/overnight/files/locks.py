"""Locks on open files, among processes: each ends with its descriptor, however its process ends.

Does not cover: file systems without `flock`, where taking one raises OSError.
"""

import fcntl
import time

PAUSE_S = 0.01  # between two tries


def take_lock(file: int, *, shared: bool = False, within_s: float = 0.0) -> bool:
    """Lock an open file, unless others keep it locked for so long; whether it is locked now."""
    until = time.monotonic() + within_s
    while True:
        try:
            fcntl.flock(file, (fcntl.LOCK_SH if shared else fcntl.LOCK_EX) | fcntl.LOCK_NB)
        except BlockingIOError:
            if time.monotonic() >= until:
                return False
            time.sleep(PAUSE_S)
        else:
            return True
