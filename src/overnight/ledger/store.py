"""Events in SQLite: one append-only table in a hash chain, and the tables that their owner derives from them.

Does not cover: what `chain.py` does not; whether the derived tables match the events, which their owner must check.
"""

import sqlite3
import time
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, nullcontext, suppress
from pathlib import Path
from typing import Generic

from overnight.errors import LedgerCorrupt
from overnight.files.transaction import transaction
from overnight.ledger.chain import GENESIS, Chain, chain_hash
from overnight.ledger.file import BUSY_S, NAME, LedgerFile
from overnight.ledger.lock import hold
from overnight.ledger.owner import Codec, Projection
from overnight.ledger.pending import Condition, Item, PendingTable
from overnight.ledger.port import E, Recorded

SCHEMA = """
CREATE TABLE IF NOT EXISTS events(
  seq INTEGER PRIMARY KEY, at REAL NOT NULL, kind TEXT NOT NULL, {subject} INTEGER,
  body TEXT NOT NULL, prev TEXT NOT NULL, hash TEXT NOT NULL);
CREATE INDEX IF NOT EXISTS events_of_{subject} ON events({subject}) WHERE {subject} IS NOT NULL;
CREATE TABLE IF NOT EXISTS snapshots(seq INTEGER PRIMARY KEY, state BLOB NOT NULL);
"""
KEPT_SNAPSHOTS = 2  # the newest, and one more in case that is damaged


class SqliteEventStore(Generic[E]):
    """A ledger in `<folder>/ledger.db`, held by `<folder>/lock`; implements the port `EventStore`."""

    def __init__(
        self,
        folder: Path,
        codec: Codec[E],
        *,
        projections: Sequence[Projection[E]] = (),
        version: int = 1,  # of the derived tables; a file with an older version has them rebuilt when it is opened to write
        advice: str = "make a copy of it",
        clock: Callable[[], float] = time.time,
        busy_s: float = BUSY_S,  # that an append waits for other processes
        read_only: bool = False,  # then derived tables may be missing, see `is_derived`
    ) -> None:
        self._folder = folder
        self._codec = codec
        self._projections = tuple(projections)
        self._by_kind = {kind: [p for p in projections if kind in p.kinds] for p in projections for kind in p.kinds}
        self._version = version
        self._clock = clock
        self._file = LedgerFile(path=folder / NAME, advice=advice, busy_s=busy_s)
        self._held_from = 0
        self._known = (0, GENESIS)  # the end, as this store last wrote or read it
        self._data_version: int | None = None  # as `changed` last found it
        self._within = False  # a transaction of several appends
        self._alone = True  # no other process has appended since the store was opened or locked
        with self._file.clear_reading():
            self._db = self._file.connect(read_only=read_only)
            self._chain = Chain(self._db, self._file)
            if not read_only:  # else the newest event may be in a damaged page while the rest can still be read
                self._prepare()
            elif self._file.is_blank(self._db):
                self._read_nothing()

    def _read_nothing(self) -> None:
        """Answer as an empty ledger does; events that are appended to the file later need another opening."""
        self._db.close()
        self._db = self._file.connect_empty()
        self._chain = Chain(self._db, self._file)
        self._prepare()
        self._db.execute("PRAGMA query_only=ON")

    def _prepare(self) -> None:
        schema = SCHEMA.format(subject=self._codec.subject_column) + "".join(p.schema for p in self._projections)
        self._file.when_free(lambda: self._make_tables(schema))
        self._known = self._chain.end()
        if not self.is_derived():
            with suppress(LedgerCorrupt):  # a damaged ledger is left as it is: reading its events reports the damage
                self.reindex()

    def _make_tables(self, schema: str) -> None:
        """Make what is missing, all or nothing: whoever reads a new file meanwhile finds it blank, never half made."""
        try:
            self._db.executescript(f"PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL; BEGIN; {schema} COMMIT;")
        except sqlite3.Error:
            if self._db.in_transaction:
                self._db.rollback()
            raise

    def append(self, *events: E, beside: Callable[[sqlite3.Connection], None] | None = None) -> int:
        """Add events, all or none; on return they and the tables derived from them are on disk.

        `beside` writes, before them and in the same transaction, what the owner keeps that no event has.
        """
        return self._append(events, beside=beside) or self._known[0]

    def append_if(
        self, condition: Condition, *events: E, beside: Callable[[sqlite3.Connection], None] | None = None
    ) -> int | None:
        """As `append`, if a condition holds when this process has its turn to write; else None, and nothing is added."""
        return self._append(events, condition, beside)

    def _append(
        self,
        events: Sequence[E],
        condition: Condition | None = None,
        beside: Callable[[sqlite3.Connection], None] | None = None,
    ) -> int | None:
        codec, execute = self._codec, self._db.execute
        with self._file.clear_errors(), nullcontext() if self._within else transaction(self._db):
            if condition and not condition(self._db):
                return None
            if beside:
                beside(self._db)
            seq, prev = end = self._chain.end()
            others = end != self._known
            if others:
                self._require_known()
            for event in events:
                at, body, kind = self._clock(), codec.encode(event).decode(), codec.kind(event)
                seq += 1
                digest = chain_hash(prev, seq, at, body)
                row = (seq, at, kind, codec.subject(event), body, prev, digest)
                execute("INSERT INTO events VALUES(?,?,?,?,?,?,?)", row)
                if kind in self._by_kind:
                    self._project(kind, Recorded(seq=seq, at=at, event=event, digest=digest))
                prev = digest
        if not self._within:
            self._file.announce()
        self._known = (seq, prev)
        self._alone = self._alone and not others
        return seq

    @contextmanager
    def together(self) -> Iterator[None]:
        """What is appended within is on disk at the end, at once, all or none; meanwhile only this store sees it."""
        known, alone = self._known, self._alone
        self._within = True
        try:
            with self._file.clear_errors(), transaction(self._db):
                yield
        except BaseException:
            self._known, self._alone = known, alone
            raise
        finally:
            self._within = False
        self._file.announce()

    def changed(self) -> bool:
        """Whether another process may have written since this was last asked, or it was never asked; some microseconds."""
        before, self._data_version = self._data_version, self.version()
        return before != self._data_version

    def version(self) -> int:
        """A number that is another one once another process has written; for several that wait, each of which keeps its own."""
        with self._file.clear_reading():
            return int(self._db.execute("PRAGMA data_version").fetchone()[0])

    def newest(self) -> int:
        """The newest event's seq, 0 without any."""
        with self._file.clear_reading():
            return int(self._chain.end()[0])

    def has(self, seq: int, digest: str) -> bool:
        """Whether the event at `seq` has this hash, which names all events until then; they are not checked."""
        with self._file.clear_reading():
            return self._db.execute("SELECT 1 FROM events WHERE seq=? AND hash=?", (seq, digest)).fetchone() is not None

    def _project(self, kind: str, entry: Recorded[E]) -> None:
        for projection in self._by_kind.get(kind, ()):
            projection.apply(self._db, entry)

    def _require_known(self) -> None:
        seq, digest = self._known
        row = self._db.execute("SELECT hash FROM events WHERE seq=?", (seq,)).fetchone()
        if seq and (row is None or row[0] != digest):
            raise self._file.unreadable(f"event {seq} has changed since this process last read it")

    def reindex(self) -> None:
        """Rebuild all derived tables from the events.

        Raises:
            LedgerCorrupt: the chain is broken; the tables then stay as they were.
        """
        with self._file.clear_errors(), transaction(self._db):
            for projection in self._projections:
                projection.clear(self._db)
            for entry in self.events():
                self._project(self._codec.kind(entry.event), entry)
            self._db.execute(f"PRAGMA user_version={self._version}")

    def derive_in(self, copy: sqlite3.Connection) -> None:
        """Derive all tables in a copy of the file anew, to compare them."""
        for projection in self._projections:
            projection.clear(copy)
        for entry in self.events():
            for projection in self._by_kind.get(self._codec.kind(entry.event), ()):
                projection.apply(copy, entry)

    def is_derived(self) -> bool:
        """Whether the derived tables exist and include every event."""
        return int(self._db.execute("PRAGMA user_version").fetchone()[0]) >= self._version

    @contextmanager
    def reading(self) -> Iterator[sqlite3.Connection]:
        """The database, for the owner's questions to its derived tables; SQLite's errors become ours."""
        with self._file.clear_reading():
            yield self._db

    def events(self, after: int = 0) -> Iterator[Recorded[E]]:
        """Events with seq > `after`, in order, each checked against the chain."""
        decode = self._codec.decode
        for seq, at, body, digest in self._chain.walk(after):
            try:
                event = decode(body)
            except ValueError as error:
                raise self._file.corrupt(seq - 1, f"event {seq} cannot be read") from error
            yield Recorded(seq=seq, at=at, event=event, digest=digest)

    def events_of(self, subject: int) -> Sequence[Recorded[E]]:
        """The events about this subject, in order; not checked against the chain."""
        column, decode = self._codec.subject_column, self._codec.decode
        query = f"SELECT seq, at, body, hash FROM events WHERE {column}=? AND seq > 0 ORDER BY seq"  # noqa: S608  # the owner's
        with self._file.clear_reading():
            rows = self._db.execute(query, (subject,)).fetchall()
            return [Recorded(seq=seq, at=at, event=decode(body), digest=digest) for seq, at, body, digest in rows]

    def waiting(self, table: PendingTable[E], limit: int) -> Sequence[tuple[Item, E]]:
        """What waits in a table of this ledger, oldest first, each with the event that opened it; unchecked."""
        return self._opened(table.waiting, limit)

    def newest_of(self, table: PendingTable[E], limit: int) -> Sequence[tuple[Item, E]]:
        """The newest of a table, whether they wait or not, newest first, each with the event that opened it; unchecked."""
        return self._opened(table.newest, limit)

    def _opened(self, items: Callable[[sqlite3.Connection, int], list[Item]], limit: int) -> Sequence[tuple[Item, E]]:
        with self._file.clear_reading():
            found = []
            for item in items(self._db, limit):
                [body] = self._db.execute("SELECT body FROM events WHERE seq=?", (item.seq,)).fetchone() or ("",)
                found.append((item, self._codec.decode(body)))
            return found

    def places(self) -> Iterator[tuple[int, str, int | None]]:
        """How each event is indexed, in order: seq, kind and subject. The hash does not cover these columns."""
        column = self._codec.subject_column
        query = f"SELECT seq, kind, {column} FROM events WHERE seq > 0 ORDER BY seq"  # noqa: S608  # the owner's word
        with self._file.clear_reading():
            yield from self._db.execute(query)

    def check_chain(self) -> None:
        """Check that no event was changed since it was written, nor removed since the newest snapshot."""
        newest = deque(self._chain.walk(), maxlen=1)
        seq = newest[0][0] if newest else 0
        if (kept := self.snapshot()) and kept[0] > seq:
            raise self._file.corrupt(seq, f"of at least {kept[0]} events, the newest are missing")

    def origin(self) -> str | None:
        """The hash of the first event, None if nothing was ever written.

        Raises:
            LedgerCorrupt: the first event is missing, or is not the one that its hash stands for.
        """
        with self._file.clear_reading():
            row = self._db.execute("SELECT at, body, prev, hash FROM events WHERE seq=1").fetchone()
            if row is None and not self._has_rows():
                return None
        if row is None:
            raise self._file.corrupt(0, "event 1 is missing")
        at, body, prev, digest = row
        if prev != GENESIS or digest != chain_hash(GENESIS, 1, at, body):
            raise self._file.corrupt(0, "event 1 does not have the hash that it is named by")
        return str(digest)

    def _has_rows(self) -> bool:
        query = "SELECT EXISTS(SELECT 1 FROM events) OR EXISTS(SELECT 1 FROM snapshots)"
        return bool(self._db.execute(query).fetchone()[0])

    def save_snapshot(self, snapshot: bytes, *, seq: int | None = None) -> None:
        """Save the state that the events up to `seq` fold to, and keep the snapshot before it."""
        if seq is None and not self._alone:
            return
        kept = "SELECT seq FROM snapshots ORDER BY seq DESC LIMIT ?"
        with self._file.clear_errors(), transaction(self._db):
            self._db.execute("INSERT OR REPLACE INTO snapshots VALUES(?,?)", (self._known[0] if seq is None else seq, snapshot))
            self._db.execute(f"DELETE FROM snapshots WHERE seq NOT IN ({kept})", (KEPT_SNAPSHOTS,))  # noqa: S608  # ours

    def snapshot(self) -> tuple[int, bytes] | None:
        """The newest snapshot and the seq that it covers."""
        with self._file.clear_reading():
            row = self._db.execute("SELECT seq, CAST(state AS BLOB) FROM snapshots ORDER BY seq DESC LIMIT 1").fetchone()
            return (int(row[0]), bytes(row[1])) if row else None

    def snapshots(self) -> Sequence[tuple[int, bytes]]:
        """All saved snapshots, each with the seq that it covers, oldest first."""
        with self._file.clear_reading():
            query = "SELECT seq, CAST(state AS BLOB) FROM snapshots ORDER BY seq"
            return [(int(seq), bytes(state)) for seq, state in self._db.execute(query)]

    @contextmanager
    def lock(self) -> Iterator[None]:
        """Hold the ledger for this process; the lock ends with the process, however it ends."""
        with hold(self._folder):
            with self._file.clear_errors():  # another process may have written since this was opened
                self._known, self._alone = self._chain.end(), True
            self._held_from = self._known[0]
            yield

    @property
    def held_from(self) -> int:
        """The newest event when this process took the lock; 0 if it never did."""
        return self._held_from

    def close(self) -> None:
        """Close the database."""
        self._db.close()
