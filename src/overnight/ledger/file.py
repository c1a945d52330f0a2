"""The file of a ledger, with SQLite's errors translated to ones that say what is wrong and how to fix it."""

import os
import sqlite3
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

from overnight.errors import LedgerCorrupt, UserError
from overnight.files.own import check_database

NAME = "ledger.db"
BUSY_S = 10.0  # that a writer waits for another one
BUSY_PAUSE_S = 0.01


@dataclass(frozen=True, slots=True, kw_only=True)
class LedgerFile:
    """A ledger's file."""

    path: Path
    advice: str  # what to do when it cannot be read
    busy_s: float = BUSY_S

    def connect(self, *, read_only: bool) -> sqlite3.Connection:
        """Open it, and make a missing one for its owner alone; opening it only to read never creates or changes it.

        Raises:
            NotOurs: it, or a file that SQLite opens beside it, is a link or belongs to someone else.
        """
        check_database(self.path, make=not read_only)
        where = f"{self.path.absolute().as_uri()}?mode=ro" if read_only else self.path
        return sqlite3.connect(where, uri=read_only, isolation_level=None, timeout=self.busy_s)

    @staticmethod
    def connect_empty() -> sqlite3.Connection:
        """Open an empty database in memory, to read instead of a blank file."""
        return sqlite3.connect(":memory:", isolation_level=None)

    @staticmethod
    def is_blank(db: sqlite3.Connection) -> bool:
        """Whether there is no table yet, as when the first process to open the ledger was killed right away."""
        with suppress(sqlite3.DatabaseError):  # what cannot be read is not blank
            return db.execute("SELECT 1 FROM sqlite_master LIMIT 1").fetchone() is None
        return False

    def when_free(self, change: Callable[[], object]) -> None:
        """Make a change that may be repeated, and for which SQLite itself does not wait: the first tables of a new file."""
        deadline = time.monotonic() + self.busy_s
        while True:
            try:
                change()
            except sqlite3.OperationalError as error:
                if error.sqlite_errorcode & 0xFF != sqlite3.SQLITE_BUSY or time.monotonic() > deadline:
                    raise
                time.sleep(BUSY_PAUSE_S)
            else:
                return

    def announce(self) -> None:
        """Let who watches the file see that there is something new to be read.

        SQLite writes to its log before a transaction can be read, on a busy disk a second before: whoever looks then reads
        what was there before, and no file changes once there is more.
        """
        now = time.time_ns()
        with suppress(OSError):  # it was removed, or is on a disk that is read-only by now
            os.utime(self.path, ns=(now, now))

    @contextmanager
    def clear_errors(self) -> Iterator[None]:
        """Turn SQLite's errors into ours."""
        try:
            yield
        except sqlite3.OperationalError as error:
            raise self._operational(str(error)) from error
        except sqlite3.DatabaseError as error:
            raise self.unreadable(str(error)) from error

    @contextmanager
    def clear_reading(self) -> Iterator[None]:
        """As `clear_errors`; a row that does not have the form we write also counts as damage."""
        try:
            with self.clear_errors():
                yield
        except (ValueError, TypeError) as error:
            raise self.unreadable("one of its rows is not what was written") from error

    def _operational(self, message: str) -> LedgerCorrupt | UserError:
        if "decode" in message or "no such table" in message:
            return self.unreadable(message)
        if "full" in message or "disk I/O" in message:
            return UserError(f"cannot write {self.path}: {message}", fix="free some space and run again; nothing is lost")
        if "locked" in message:
            what = f"cannot use {self.path}: another process has been writing to it for {self.busy_s:g} s"
            return UserError(what, fix="wait for it to finish and run again; nothing is lost")
        return UserError(f"cannot use {self.path}: {message}", fix="check that the folder exists and is writable")

    def unreadable(self, what: str) -> LedgerCorrupt:
        """The error for a file if it is not known how much is intact."""
        return LedgerCorrupt(f"{self.path} is corrupted: {what}", readable=0, fix=self.advice)

    def corrupt(self, readable: int, what: str) -> LedgerCorrupt:
        """The error for a chain that is intact up to an event."""
        text = f"{self.path} is corrupted: {what}; the first {readable} events are intact and readable"
        return LedgerCorrupt(text, readable=readable)
