"""Leaves nothing of what was deleted in the files of a record: no freed page, no log, no copy of before an upgrade.

Does not cover: copies elsewhere, such as backups and what file systems with snapshots keep; blocks that a disk has replaced by
itself.
"""

import sqlite3
from contextlib import suppress
from pathlib import Path

from overnight.claw.record.upgrade import kept_copies
from overnight.errors import UserError

MARK = "forgetting"  # a file that is there from before something is deleted until nothing of it is left


def begin(folder: Path) -> None:
    """Note that something will be deleted, so that a kill leaves nothing of it for long."""
    (folder / MARK).touch(mode=0o600)


def finish(db: sqlite3.Connection, folder: Path) -> None:
    """Go on where a kill cut off; in vain while another process reads, and tried again at the next opening."""
    if (folder / MARK).exists():
        with suppress(UserError, sqlite3.OperationalError):
            erase(db, folder)


def erase(db: sqlite3.Connection, folder: Path) -> None:
    """Write the file anew without what was deleted, and empty its log; what was deleted must be committed.

    Raises:
        UserError: another process reads the record all the time; then it is still in the log.
    """
    for copy in kept_copies(folder):
        copy.unlink(missing_ok=True)
    db.execute("VACUUM")
    busy, _, _ = db.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()
    if busy:
        what = "what was forgotten is still in the log of the record, since another process reads it"
        raise UserError(what, fix="it goes once `overnight claw run` and `claw chat` are started again")
    (folder / MARK).unlink(missing_ok=True)
