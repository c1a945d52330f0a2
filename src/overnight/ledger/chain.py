"""The hash chain: each event's hash covers the one before it, so that a change to any earlier event is detected.

Does not cover: an owner of the machine who rewrites the whole chain, which only a copy or a receipt kept elsewhere can
reveal; events cut off at the end, unless a snapshot or another process knows of them; the columns `kind` and subject, which
repeat what the event says (`places` of the store, for their owner to check).
"""

import hashlib
import math
import sqlite3
from collections.abc import Iterator

from overnight.ledger.file import LedgerFile
from overnight.words.foreign import printable

GENESIS = "0" * 64
PAGE_EVENTS = 2000  # rows fetched at a time when all events are read
SHOWN = 200  # characters of SQLite's message about a damaged row

Row = tuple[int, float, str, str]  # seq, Unix time, body, hash


def chain_hash(prev: str, seq: int, at: float, body: str) -> str:
    """SHA-256 over the previous hash, the sequence number, the time and the event."""
    return hashlib.sha256(f"{prev}\n{seq}\n{at!r}\n{body}".encode()).hexdigest()


def _is_time(at: object) -> bool:
    return isinstance(at, float) and math.isfinite(at)


class Chain:
    """The rows of an open ledger."""

    def __init__(self, db: sqlite3.Connection, file: LedgerFile) -> None:
        self._db = db
        self._file = file

    def walk(self, after: int = 0) -> Iterator[Row]:
        """Rows with seq > `after`, in order, each checked against the one before; 6 us per event.

        Raises:
            LedgerCorrupt: a row cannot be read, its hash does not follow, or there are rows before the first event.
        """
        seq, prev = after, self.hash_at(after)
        while rows := self._page(seq):
            for row_seq, at, body, digest, named in rows:
                if row_seq != seq + 1 or named != prev or digest != chain_hash(prev, row_seq, at, body):
                    raise self._file.corrupt(seq, f"event {seq + 1} does not follow from the one before it")
                if not _is_time(at):
                    raise self._file.corrupt(seq, f"event {seq + 1} has no time")
                seq, prev = row_seq, digest
                yield row_seq, at, body, digest
        if self._starts_early():  # last, since the events themselves are intact
            raise self._file.corrupt(seq, "there are rows before the first event")

    def _starts_early(self) -> bool:
        with self._file.clear_reading():
            return self._db.execute("SELECT 1 FROM events WHERE seq < 1 LIMIT 1").fetchone() is not None

    def _page(self, after: int) -> list[tuple[int, float, str, str, str]]:
        """The next page of rows, each with its `prev`; if it is damaged, those before the damage, at least one."""
        rows = []
        query = "SELECT seq, at, body, hash, prev FROM events WHERE seq > ? ORDER BY seq LIMIT ?"
        try:
            for row in self._db.execute(query, (after, PAGE_EVENTS)):
                rows.append(row)  # one by one, to keep those before a damaged page
        except (sqlite3.DatabaseError, ValueError) as error:  # ValueError: SQLite quotes damaged bytes that are not text
            if not rows:
                raise self._file.corrupt(after, printable(str(error), SHOWN)) from error
        return rows

    def end(self) -> tuple[int, str]:
        """The seq and the hash of the newest row, unchecked."""
        row = self._db.execute("SELECT seq, hash FROM events WHERE seq > 0 ORDER BY seq DESC LIMIT 1").fetchone()
        return row or (0, GENESIS)

    def hash_at(self, seq: int) -> str:
        """The hash of a row, unchecked.

        Raises:
            LedgerCorrupt: there is no such row.
        """
        if seq == 0:
            return GENESIS
        with self._file.clear_reading():
            row = self._db.execute("SELECT hash FROM events WHERE seq=?", (seq,)).fetchone()
        if row is None:
            raise self._file.corrupt(0, f"event {seq} is missing")
        return str(row[0])
