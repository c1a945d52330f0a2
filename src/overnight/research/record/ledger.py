"""The ledger in SQLite: one append-only table of events in a hash chain, with a projection to page through.

Does not cover: an owner of the machine who rewrites the whole chain; `overnight verify` and the evidence published with
each kept commit are for that.
"""

import fcntl
import hashlib
import os
import sqlite3
import time
from collections.abc import Callable, Collection, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import IO

from pydantic import TypeAdapter

from overnight.errors import CampaignBusy, LedgerCorrupt, UserError
from overnight.research.events import Concluded, Event, Proposed, decode, encode
from overnight.research.experiment import Experiment
from overnight.research.history import experiment_number, fold_experiment
from overnight.research.record import attempt_index
from overnight.research.record.port import Page, Recorded
from overnight.words.foreign import printable

SCHEMA = """
CREATE TABLE IF NOT EXISTS events(
  seq INTEGER PRIMARY KEY, at REAL NOT NULL, kind TEXT NOT NULL, experiment INTEGER,
  body TEXT NOT NULL, prev TEXT NOT NULL, hash TEXT NOT NULL);
CREATE INDEX IF NOT EXISTS events_of_experiment ON events(experiment) WHERE experiment IS NOT NULL;
CREATE TABLE IF NOT EXISTS experiments(number INTEGER PRIMARY KEY, tree TEXT NOT NULL, verdict TEXT, body TEXT NOT NULL);
CREATE INDEX IF NOT EXISTS experiments_by_tree ON experiments(tree);
CREATE TABLE IF NOT EXISTS snapshots(seq INTEGER PRIMARY KEY, state BLOB NOT NULL);
"""
GENESIS = "0" * 64
SHOWN = 200  # characters of what a damaged row says
LOCK_TRIES, LOCK_PAUSE_S = 10, 0.01
PAGE_EVENTS = 2000  # rows fetched at a time when all events are read
_EXPERIMENT: TypeAdapter[Experiment] = TypeAdapter(Experiment)


def chain_hash(prev: str, seq: int, at: float, body: str) -> str:
    """SHA-256 over the hash before, the place, the time and the event."""
    return hashlib.sha256(f"{prev}\n{seq}\n{at!r}\n{body}".encode()).hexdigest()


class SqliteLedger:
    """The `Ledger` of one campaign, in `<folder>/ledger.db`; implements the port."""

    def __init__(self, folder: Path, *, clock: Callable[[], float] = time.time) -> None:
        self._folder = folder
        self._clock = clock
        self._path = folder / "ledger.db"
        with _clear_reading(self._path):
            self._db = sqlite3.connect(self._path, isolation_level=None, timeout=10)
            self._db.executescript("PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL;" + SCHEMA + attempt_index.SCHEMA)
            last = self._db.execute("SELECT seq, hash FROM events ORDER BY seq DESC LIMIT 1").fetchone()
            if not attempt_index.is_filled(self._db):
                self.reindex()
        self._seq: int = last[0] if last else 0
        self._hash: str = last[1] if last else GENESIS

    @classmethod
    def for_reading(cls, folder: Path) -> "SqliteLedger":
        """Open a ledger that exists, without writing to it.

        Raises:
            UserError: there is none.
        """
        if not (folder / "ledger.db").is_file():
            raise UserError(f"no campaign in {folder}", fix="start one with `overnight run`")
        ledger = cls.__new__(cls)
        ledger._folder, ledger._clock, ledger._path = folder, time.time, folder / "ledger.db"
        with _clear_reading(ledger._path):
            ledger._db = sqlite3.connect(
                f"{ledger._path.absolute().as_uri()}?mode=ro", uri=True, isolation_level=None, timeout=10
            )
        ledger._seq, ledger._hash = 0, GENESIS  # for appending only; the newest event may be in a damaged page
        return ledger

    def append(self, *events: Event) -> None:
        """Add events, all or none; on return they are on disk."""
        seq, prev = self._seq, self._hash
        with _clear_errors(self._path), self._transaction():
            for event in events:
                at, body, number = self._clock(), encode(event).decode(), experiment_number(event)
                seq += 1
                digest = chain_hash(prev, seq, at, body)
                self._db.execute("INSERT INTO events VALUES(?,?,?,?,?,?,?)", (seq, at, event.kind, number, body, prev, digest))
                prev = digest
                if isinstance(event, Proposed | Concluded):
                    self._project(event.number)
                if isinstance(event, Proposed):
                    attempt_index.add(self._db, event)
        self._seq, self._hash = seq, prev

    def _project(self, number: int) -> None:
        rows = self._db.execute("SELECT at, body FROM events WHERE experiment=? ORDER BY seq", (number,))
        experiment = fold_experiment((at, decode(body)) for at, body in rows)
        if experiment:
            verdict = experiment.conclusion.verdict if experiment.conclusion else None
            self._db.execute(
                "INSERT OR REPLACE INTO experiments VALUES(?,?,?,?)",
                (number, experiment.tree, verdict, _EXPERIMENT.dump_json(experiment).decode()),
            )

    def reindex(self) -> None:
        """Derive anew what `same` and `similar` look in; a ledger of an older version has nothing there."""
        with _clear_errors(self._path), self._transaction():
            attempt_index.fill(self._db)

    @contextmanager
    def _transaction(self) -> Iterator[None]:
        self._db.execute("BEGIN IMMEDIATE")
        try:
            yield
            self._db.execute("COMMIT")
        except BaseException:
            if self._db.in_transaction:
                self._db.execute("ROLLBACK")
            raise

    def events(self, after: int = 0) -> Iterator[Recorded]:
        """Events with seq > `after`, in order, each checked against the chain.

        Raises:
            LedgerCorrupt: an event does not parse or its hash does not follow from the one before.
        """
        seq, prev = after, self._hash_at(after)
        while rows := self._rows(seq):
            for row_seq, at, body, digest in rows:
                if row_seq != seq + 1 or digest != chain_hash(prev, row_seq, at, body):
                    raise self._corrupt(seq, f"event {seq + 1} does not follow from the one before it")
                try:
                    event = decode(body)
                except ValueError as error:
                    raise self._corrupt(seq, f"event {row_seq} cannot be read") from error
                seq, prev = row_seq, digest
                yield Recorded(seq=seq, at=at, event=event, digest=digest)

    def check_chain(self) -> None:
        """Make sure that no event was changed since it was written, before a session adds to them; 6 us an event.

        Does not cover: what is derived from the events, which `overnight verify` looks at.

        Raises:
            UserError: the chain is broken.
        """
        seq, prev = 0, GENESIS
        try:
            while rows := self._rows(seq):
                for row_seq, at, body, digest in rows:
                    if row_seq != seq + 1 or digest != chain_hash(prev, row_seq, at, body):
                        raise self._corrupt(seq, f"event {seq + 1} does not follow from the one before it")
                    seq, prev = row_seq, digest
            if (kept := self.snapshot()) and kept[0] > seq:
                raise self._corrupt(seq, f"of {kept[0]} events or more the newest are missing")
        except LedgerCorrupt as broken:
            fix = (
                "nothing was run or written: `overnight verify` tells what holds, `overnight verify --salvage FILE` writes out "
                "what is intact, and a new --tag begins anew"
            )
            raise UserError(str(broken), fix=fix) from broken

    def _rows(self, after: int) -> list[tuple[int, float, str, str]]:
        """The next page of rows: all that can be read of it, as long as that is one."""
        rows: list[tuple[int, float, str, str]] = []
        query = "SELECT seq, at, body, hash FROM events WHERE seq > ? ORDER BY seq LIMIT ?"
        try:
            for row in self._db.execute(query, (after, PAGE_EVENTS)):
                rows.append(row)  # one by one: those before a damaged page stay
        except (sqlite3.DatabaseError, ValueError) as error:  # the latter: SQLite quotes damaged bytes that are no text
            if not rows:
                raise self._corrupt(after, printable(str(error), SHOWN)) from error
        return rows

    def _hash_at(self, seq: int) -> str:
        if seq == 0:
            return GENESIS
        with _clear_reading(self._path):
            row = self._db.execute("SELECT hash FROM events WHERE seq=?", (seq,)).fetchone()
        if row is None:
            raise self._corrupt(0, f"event {seq} is missing")
        return str(row[0])

    def places(self) -> Iterator[tuple[int, str, int | None]]:
        """Where each event is filed, in order: seq, kind and experiment. The hash covers an event and not these columns."""
        with _clear_reading(self._path):
            yield from self._db.execute("SELECT seq, kind, experiment FROM events ORDER BY seq")

    def _corrupt(self, readable: int, what: str) -> LedgerCorrupt:
        text = f"{self._path} is corrupted: {what}; the first {readable} events are intact and readable"
        return LedgerCorrupt(text, readable=readable)

    def experiments(self, *, offset: int = 0, limit: int = 50, newest_first: bool = True) -> Page:
        """A page of the campaign's experiments; numbers are dense, so a page costs the same at any offset."""
        with _clear_reading(self._path):
            total = self._db.execute("SELECT coalesce(max(number), 0) FROM experiments").fetchone()[0]
            if newest_first:
                query = "SELECT body FROM experiments WHERE number <= ? ORDER BY number DESC LIMIT ?"
                rows = self._db.execute(query, (total - offset, limit)).fetchall()
            else:
                query = "SELECT body FROM experiments WHERE number > ? ORDER BY number LIMIT ?"
                rows = self._db.execute(query, (offset, limit)).fetchall()
            return Page(experiments=[_EXPERIMENT.validate_json(body) for (body,) in rows], total=total)

    def experiment(self, number: int) -> Experiment | None:
        """One experiment by number."""
        with _clear_reading(self._path):
            row = self._db.execute("SELECT body FROM experiments WHERE number=?", (number,)).fetchone()
            return _EXPERIMENT.validate_json(row[0]) if row else None

    def experiment_events(self, number: int) -> Sequence[Recorded]:
        """The events of one experiment, in order."""
        with _clear_reading(self._path):
            query = "SELECT seq, at, body, hash FROM events WHERE experiment=? ORDER BY seq"
            rows = self._db.execute(query, (number,)).fetchall()
            return [Recorded(seq=seq, at=at, event=decode(body), digest=digest) for seq, at, body, digest in rows]

    def tried(self, tree: str) -> int | None:
        """The number of the first experiment with this proposal digest, None if it is new."""
        with _clear_reading(self._path):
            row = self._db.execute("SELECT min(number) FROM experiments WHERE tree=?", (tree,)).fetchone()
            return None if row[0] is None else int(row[0])

    def same(self, shape: str) -> int | None:
        """The number of the first experiment that does what a proposal of this shape does, None if it is new."""
        with _clear_reading(self._path):
            return attempt_index.same(self._db, shape)

    def similar(self, terms: Collection[int], limit: int) -> Sequence[Experiment]:
        """The past experiments that have most in common with these terms of `research/changes/similar.py`, the likest first."""
        with _clear_reading(self._path):
            likest = attempt_index.similar(self._db, terms)[:limit]
        return [experiment for experiment in map(self.experiment, likest) if experiment]

    def save_snapshot(self, snapshot: bytes) -> None:
        """Keep a state that folds all events so far, and the one before it."""
        with _clear_errors(self._path), self._transaction():
            self._db.execute("INSERT OR REPLACE INTO snapshots VALUES(?,?)", (self._seq, snapshot))
            self._db.execute("DELETE FROM snapshots WHERE seq NOT IN (SELECT seq FROM snapshots ORDER BY seq DESC LIMIT 2)")

    def snapshot(self) -> tuple[int, bytes] | None:
        """The newest snapshot and the seq that it folds up to."""
        with _clear_reading(self._path):
            row = self._db.execute("SELECT seq, CAST(state AS BLOB) FROM snapshots ORDER BY seq DESC LIMIT 1").fetchone()
            return (int(row[0]), bytes(row[1])) if row else None

    def snapshots(self) -> Sequence[tuple[int, bytes]]:
        """All snapshots that are kept, each with the seq that it folds up to, oldest first."""
        with _clear_reading(self._path):
            query = "SELECT seq, CAST(state AS BLOB) FROM snapshots ORDER BY seq"
            return [(int(seq), bytes(state)) for seq, state in self._db.execute(query)]

    @contextmanager
    def lock(self) -> Iterator[None]:
        """Hold the campaign for this process; the lock ends with the process, however that ends.

        Raises:
            CampaignBusy: another process holds it.
        """
        with (self._folder / "lock").open("a+") as file:
            _hold(file)
            with _clear_errors(self._path):  # another session may have written since this was opened
                last = self._db.execute("SELECT seq, hash FROM events ORDER BY seq DESC LIMIT 1").fetchone()
            self._seq, self._hash = last or (0, GENESIS)
            file.truncate(0)
            file.write(str(os.getpid()))
            file.flush()
            yield

    def close(self) -> None:
        """Close the database."""
        self._db.close()


def _hold(file: IO[str]) -> None:
    for _ in range(LOCK_TRIES):
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            time.sleep(LOCK_PAUSE_S)  # a `status` that looks who holds it lets go at once
        else:
            return
    file.seek(0)
    fix = "watch it with `overnight status`, end it with `overnight stop`, or choose another --tag"
    raise CampaignBusy(f"this campaign is already running (process {file.read().strip()})", fix=fix)


def holder(folder: Path) -> int | None:
    """The id of the process that holds the campaign in this folder, None if none does."""
    try:
        file = (folder / "lock").open("r")
    except FileNotFoundError:
        return None
    with file:
        try:
            fcntl.flock(file, fcntl.LOCK_SH | fcntl.LOCK_NB)
        except BlockingIOError:
            return int(file.read().strip() or 0) or None
    return None


@contextmanager
def _clear_errors(path: Path) -> Iterator[None]:
    try:
        yield
    except sqlite3.OperationalError as error:
        message = str(error)
        if "decode" in message or "no such table" in message:
            raise _unreadable(path, message) from error
        if "full" in message or "disk I/O" in message:
            raise UserError(f"cannot write {path}: {message}", fix="free some space and run again; nothing is lost") from error
        raise UserError(f"cannot use {path}: {message}", fix="check that the folder is there and writable") from error
    except sqlite3.DatabaseError as error:
        raise _unreadable(path, str(error)) from error


@contextmanager
def _clear_reading(path: Path) -> Iterator[None]:
    """As `_clear_errors`; a row that is there but is not what we wrote counts as damage."""
    try:
        with _clear_errors(path):
            yield
    except (ValueError, TypeError) as error:
        raise _unreadable(path, "one of its rows is not what was written") from error


def _unreadable(path: Path, what: str) -> LedgerCorrupt:
    text = f"{path} is corrupted: {what}; copy it away, then `overnight verify` says what is readable"
    return LedgerCorrupt(text, readable=0)
