"""A claw's record: its events in a hash chain, the texts that they refer to, and the tables of what waits.

Any process may append; one runs the claw, by the lock.
"""

import json
import sqlite3
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, fields, is_dataclass
from pathlib import Path
from typing import Self

from overnight.claw.charter import MEMORY
from overnight.claw.events import Cause, Event, FactSet, Send, Trusted, TrustKind, decode, encode, subject_of
from overnight.claw.record.erasing import begin, erase, finish
from overnight.claw.record.mentions import Mentions
from overnight.claw.record.schedules import HELD, Planned, Releases, Schedules, Tasks, next_due, planned
from overnight.claw.record.tables import SENDS, Calls, Causes, Facts, Persons, Waiting, cause_key, waiting
from overnight.claw.record.trusts import Trusts
from overnight.claw.record.upgrade import upgrade
from overnight.files.own import claim_folder, make_folder
from overnight.ledger.owner import Codec
from overnight.ledger.pending import Item
from overnight.ledger.port import Recorded
from overnight.ledger.sealed import SCHEMA, SealedText, TextRef, forget_texts, keep_texts, read_texts, seal
from overnight.ledger.store import SqliteEventStore
from overnight.operations.principal import Address, Kind

VERSION = 2  # of the derived tables; see `upgrade.py`
MOST_WAITING = 1000  # causes that wait; a message beyond is not taken, and its channel brings it again
FORGOTTEN = "[forgotten]"

_CODEC: Codec[Event] = Codec(
    encode=encode, decode=decode, kind=lambda event: event.kind, subject=subject_of, subject_column="turn"
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Person:
    """Who somebody is to a claw."""

    name: str
    role: Kind


NOBODY = Person(name="", role=Kind.STRANGER)


class ClawRecord:
    """The record of one claw, open."""

    def __init__(self, folder: Path, *, clock: Callable[[], float] = time.time) -> None:
        """`folder`: the claw's.

        Raises:
            NotOurs: something in it belongs to somebody else.
            UserError: a newer version wrote it, or an older one runs it.
        """
        self.folder = self.folder_of(folder)
        make_folder(self.folder)
        claim_folder(self.folder)
        self.clock = clock
        advice = "restore a backup with `overnight claw restore`"
        upgrade(self.folder, VERSION, advice)
        tables = (Causes(), Calls(), SENDS, Waiting(), Schedules(), Tasks(), HELD, Releases(), Facts(), Persons(), Trusts())
        self.store = SqliteEventStore[Event](
            self.folder, _CODEC, projections=(*tables, Mentions()), version=VERSION, advice=advice, clock=clock
        )
        with self.store.reading() as db:
            db.executescript(SCHEMA + "PRAGMA secure_delete=ON;")
            finish(db, self.folder)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.store.close()

    @staticmethod
    def folder_of(folder: Path) -> Path:
        """Where the record of a claw's folder is."""
        return folder / MEMORY

    # --- Writing ---

    def append(self, *events: Event, texts: Sequence[SealedText] = ()) -> int:
        """Record events with the texts that they have; the newest one's number."""
        return self.store.append(*events, beside=lambda db: keep_texts(db, texts))

    def open_cause(self, event: Cause, text: SealedText | None = None, *, also: Sequence[Event] = ()) -> int | None:
        """Record a cause, and `also` what it says at once; None, changing nothing, if it is known, or if too many wait."""
        key, texts = cause_key(event), [text] if text else []

        def is_new(db: sqlite3.Connection) -> bool:
            known = db.execute("SELECT 1 FROM causes WHERE key=?", (key,)).fetchone()
            waiting = "SELECT COUNT(*) FROM (SELECT 1 FROM causes WHERE answered IS NULL LIMIT ?)"
            return not known and db.execute(waiting, (MOST_WAITING,)).fetchone()[0] < MOST_WAITING

        return self.store.append_if(is_new, event, *also, beside=lambda db: keep_texts(db, texts))

    def forget(self, ids: Sequence[str], event: Event) -> None:
        """Delete texts, record it, and leave nothing of them in the files.

        Raises:
            UserError: they are deleted, and still in a file that another process reads.
        """
        begin(self.folder)
        self.store.append(event, beside=lambda db: forget_texts(db, ids))
        with self.store.reading() as db:
            erase(db, self.folder)

    # --- Texts ---

    def text(self, ref: TextRef) -> str:
        """A text, or that it was forgotten."""
        return self.texts([ref])[0]

    def texts(self, refs: Sequence[TextRef]) -> Sequence[str]:
        """Texts in order; one that was forgotten is said to be."""
        with self.store.reading() as db:
            found = read_texts(db, refs)
        return [found.get(ref.id, FORGOTTEN) for ref in refs]

    # --- Causes and turns ---

    def next_cause(self) -> Recorded[Event] | None:
        """The oldest cause whose turn has no end, and is not parked; one that was parked by a later clock is not any more."""
        parked = "SELECT at FROM events WHERE turn=causes.seq AND kind='parked' ORDER BY events.seq DESC LIMIT 1"
        query = f"SELECT seq FROM causes WHERE answered IS NULL AND (until <= ? OR ({parked}) > ?) ORDER BY seq LIMIT 1"  # noqa: S608  # ours
        now = self.clock()
        with self.store.reading() as db:
            row = db.execute(query, (now, now)).fetchone()
        return self.event(row[0]) if row else None

    def parked(self) -> Sequence[tuple[int, float]]:
        """The turns that wait for a model: number, and until when; the soonest first."""
        query = "SELECT seq, until FROM causes WHERE answered IS NULL AND until > 0 ORDER BY until"
        with self.store.reading() as db:
            return db.execute(query).fetchall()

    def is_parked(self, turn: int) -> bool:
        """Whether a turn waits for a model."""
        return any(number == turn and until > self.clock() for number, until in self.parked())

    def open_causes(self, kinds: Sequence[str]) -> Sequence[Recorded[Event]]:
        """The causes of some kinds whose turn has no end, oldest first."""
        marks = ",".join("?" * len(kinds))
        which = f"SELECT seq FROM causes WHERE answered IS NULL AND kind IN ({marks})"  # noqa: S608  # marks alone
        return self._select(f"WHERE seq IN ({which}) ORDER BY seq", *kinds)

    def waiting_of(self, sender: Address) -> tuple[int, int]:
        """How many messages of an address have a turn without an end, and the number of the oldest."""
        query = (
            "SELECT COUNT(*), COALESCE(MIN(c.seq), 0) FROM causes c JOIN events e ON e.seq = c.seq WHERE c.answered IS NULL"
            " AND c.kind='received' AND json_extract(e.body, '$.sender')=? AND json_extract(e.body, '$.channel')=?"
        )
        with self.store.reading() as db:
            count, oldest = db.execute(query, (sender.id, sender.channel)).fetchone()
        return int(count), int(oldest)

    def is_answered(self, turn: int) -> bool:
        """Whether a turn is over."""
        with self.store.reading() as db:
            row = db.execute("SELECT answered FROM causes WHERE seq=?", (turn,)).fetchone()
        return row is not None and row[0] is not None

    def cause_of(self, channel: str, id_: str) -> int | None:
        """The turn of a message, by the id that its channel gave it; None if it was not taken."""
        with self.store.reading() as db:
            row = db.execute("SELECT seq FROM causes WHERE key=?", (f"message {channel} {id_}",)).fetchone()
        return row[0] if row else None

    def knows(self, cause: Cause) -> bool:
        """Whether a cause was recorded."""
        with self.store.reading() as db:
            return db.execute("SELECT 1 FROM causes WHERE key=?", (cause_key(cause),)).fetchone() is not None

    def event(self, seq: int) -> Recorded[Event] | None:
        """One event, None if there is none with this number; not checked against the chain."""
        return next(iter(self._select("WHERE seq=?", seq)), None)

    def turn(self, number: int) -> Sequence[Recorded[Event]]:
        """All events of a turn, its cause first; empty if there is no such cause."""
        cause = self.event(number)
        if cause is None or not isinstance(cause.event, Cause):
            return []
        return [cause, *self.store.events_of(number)]

    def newest_of(self, kinds: Sequence[str], limit: int) -> Sequence[Recorded[Event]]:
        """The newest events of some kinds, newest first; unchecked."""
        marks = ",".join("?" * len(kinds))
        return self._select(f"WHERE kind IN ({marks}) ORDER BY seq DESC LIMIT ?", *kinds, limit)

    def asked(self) -> Sequence[tuple[int, int, int]]:
        """The calls that wait for an approval: turn, call and the question's number."""
        with self.store.reading() as db:
            return db.execute("SELECT turn, call, approval FROM calls WHERE end='asked' ORDER BY seq").fetchall()

    # --- What goes out ---

    def unsent_over(self, channel: str, limit: int = 100) -> Sequence[tuple[Item, Send]]:
        """The messages that have to go out over one channel, oldest first."""
        with self.store.reading() as db:
            found = [(item, self.event(item.seq)) for item in waiting(db, channel, limit)]
        return [(item, send) for item, entry in found if entry and (send := _send(entry.event, item.key))]

    def unsent(self, limit: int = 100) -> Sequence[tuple[Item, Send]]:
        """The messages that have to go out over any channel, oldest first."""
        return [(item, send) for item, event in self.store.waiting(SENDS, limit) if (send := _send(event, item.key))]

    def is_sent(self, key: str) -> bool:
        """Whether there is a message that goes or went out under a key."""
        with self.store.reading() as db:
            return db.execute("SELECT 1 FROM sends WHERE key=?", (key,)).fetchone() is not None

    # --- Schedules, facts, persons ---

    def schedules(self) -> Sequence[Planned]:
        """All schedules and watches that were not dropped, in the order in which they were set."""
        with self.store.reading() as db:
            return planned(db, "1 ORDER BY s.seq")

    def schedule(self, number: int) -> Planned | None:
        """One of them."""
        with self.store.reading() as db:
            return next(iter(planned(db, "s.seq=?", number)), None)

    def due(self, now: float, limit: int) -> Sequence[Planned]:
        """The schedules that are due, the oldest first."""
        with self.store.reading() as db:
            return planned(db, "s.state='live' AND s.next<=? ORDER BY s.next LIMIT ?", now, limit)

    def failing(self, most: int) -> Sequence[Planned]:
        """The schedules whose newest runs, so many of them, all failed."""
        with self.store.reading() as db:
            return planned(db, "s.state='live' AND s.failures>=?", most)

    def watches(self) -> Sequence[Planned]:
        """The watches that look."""
        with self.store.reading() as db:
            return planned(db, "s.state='live' AND s.watch ORDER BY s.seq")

    @property
    def next_due(self) -> int | None:
        """When the next schedule is due, Unix time; None: none is."""
        with self.store.reading() as db:
            return next_due(db)

    def tasks(self) -> Sequence[tuple[str, int, int]]:
        """What runs in processes of its own, or has ended untold: task, turn and call."""
        with self.store.reading() as db:
            return db.execute("SELECT task, turn, call FROM tasks WHERE told=0 ORDER BY turn, call").fetchall()

    def begun_by(self, task: str) -> int:
        """The turn that began a task, 0 if that is not known; its end may be told already."""
        with self.store.reading() as db:
            row = db.execute("SELECT turn FROM tasks WHERE task=?", (task,)).fetchone()
        return int(row[0]) if row else 0

    def held(self, limit: int = 1000) -> Sequence[tuple[Item, Send]]:
        """What nobody asked for and was not said yet, oldest first."""
        return [(item, send) for item, event in self.store.waiting(HELD, limit) if (send := _held(event, item.key))]

    def released_since(self, time: float) -> int:
        """How many unasked messages went out since."""
        with self.store.reading() as db:
            return int(db.execute("SELECT COALESCE(SUM(messages), 0) FROM releases WHERE at>=?", (time,)).fetchone()[0])

    def facts(self) -> Sequence[tuple[int, FactSet]]:
        """What is known and was not corrected, oldest first."""
        entries = self._select("WHERE seq IN (SELECT seq FROM facts WHERE superseded=0) ORDER BY seq")
        return [(entry.seq, entry.event) for entry in entries if isinstance(entry.event, FactSet)]

    def private_texts(self) -> Sequence[str]:
        """The texts of all facts that are private, corrected ones too."""
        which = """WHERE seq IN (SELECT seq FROM facts) AND body LIKE '%"private":true%'"""
        return self.texts([entry.event.text for entry in self._select(which) if isinstance(entry.event, FactSet)])

    def person_at(self, channel: str, id_: str) -> Person:
        """Who an address belongs to."""
        with self.store.reading() as db:
            row = db.execute("SELECT person, role FROM addresses WHERE channel=? AND id=?", (channel, id_)).fetchone()
        return Person(name=row[0], role=Kind(row[1])) if row else NOBODY

    def addresses(self) -> Sequence[tuple[str, str, Person]]:
        """All addresses that belong to somebody: channel, id, person; the newest first."""
        with self.store.reading() as db:
            rows = db.execute("SELECT channel, id, person, role FROM addresses ORDER BY seq DESC").fetchall()
        return [(channel, id_, Person(name=name, role=Kind(role))) for channel, id_, name, role in rows]

    def trusted(self, what: TrustKind) -> Mapping[str, Trusted]:
        """What the owner trusts of a kind, by name."""
        entries = self._select("WHERE seq IN (SELECT seq FROM trusts WHERE what=?)", what.value)
        return {entry.event.name: entry.event for entry in entries if isinstance(entry.event, Trusted)}

    @property
    def is_stopped(self) -> bool:
        """Whether it may do nothing of its own."""
        with self.store.reading() as db:
            row = db.execute("SELECT value FROM standing WHERE key='stopped'").fetchone()
        return bool(row and row[0])

    @property
    def is_frozen(self) -> bool:
        """Whether it was made from a backup, and nobody has said yet that it is the one to live."""
        with self.store.reading() as db:
            row = db.execute("SELECT value FROM standing WHERE key='frozen'").fetchone()
        return bool(row and row[0])

    def _select(self, which: str, *values: object) -> Sequence[Recorded[Event]]:
        query = f"SELECT seq, at, body, hash FROM events {which}"  # noqa: S608  # ours
        with self.store.reading() as db:
            rows = db.execute(query, values).fetchall()
        return [Recorded(seq=seq, at=at, event=decode(body), digest=digest) for seq, at, body, digest in rows]


def living_origin(folder: Path) -> str | None:
    """What a claw begins with, None if it is frozen or has no event; its record is read alone, whatever version wrote it."""
    store = SqliteEventStore[Event](ClawRecord.folder_of(folder), _CODEC, read_only=True)
    try:
        with store.reading() as db:
            row = db.execute(
                "SELECT kind FROM events WHERE kind IN ('restored', 'adopted') ORDER BY seq DESC LIMIT 1"
            ).fetchone()
        return None if row == ("restored",) else store.origin()
    finally:
        store.close()


def refs_of(event: Event) -> Iterator[TextRef]:
    """The texts that an event has."""
    for field in fields(event):
        value = getattr(event, field.name)
        for each in value if isinstance(value, tuple | list) else (value,):
            if isinstance(each, TextRef):
                yield each
            elif isinstance(each, Send):
                yield each.text


def sealed_json(value: object) -> SealedText:
    """A value as a text that is kept."""
    return seal(json.dumps(asdict(value) if is_dataclass(value) and not isinstance(value, type) else value))


def json_of(text: str) -> Mapping[str, object]:
    """The object that such a text has; empty if it was forgotten."""
    try:
        found = json.loads(text)
    except ValueError:
        return {}
    return found if isinstance(found, dict) else {}


def _send(event: Event, key: str) -> Send | None:
    return next((send for send in getattr(event, "sends", ()) if send.key == key), None)


def _held(event: Event, key: str) -> Send | None:
    return next((send for send in getattr(event, "held", ()) if send.key == key), None)
