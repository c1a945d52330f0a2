"""The tables of approvals and calls that are derived from the ledger of operations.

An event that may not happen raises `Refused` while it is applied, which takes back the transaction that appends it. So what is
allowed once happens once, whichever processes try.
"""

import sqlite3

from overnight.errors import UserError
from overnight.ledger.port import Recorded
from overnight.operations.call import CallState
from overnight.operations.events import Answered, Asked, Ended, Event, Started

_SCHEMA = """
CREATE TABLE IF NOT EXISTS approvals(
  seq INTEGER PRIMARY KEY, digest TEXT NOT NULL, state TEXT NOT NULL, nonce TEXT NOT NULL, at REAL NOT NULL,
  expires REAL NOT NULL, granted INTEGER, answered_at REAL, answered_by TEXT NOT NULL DEFAULT '', used INTEGER);
CREATE INDEX IF NOT EXISTS approvals_of ON approvals(digest);
CREATE INDEX IF NOT EXISTS approvals_pending ON approvals(seq) WHERE granted IS NULL;
CREATE TABLE IF NOT EXISTS calls(
  seq INTEGER PRIMARY KEY, id TEXT NOT NULL, digest TEXT NOT NULL, outcome TEXT NOT NULL, detail TEXT NOT NULL DEFAULT '');
CREATE INDEX IF NOT EXISTS calls_of ON calls(digest);
CREATE TABLE IF NOT EXISTS keyed_calls(key TEXT NOT NULL, seq INTEGER NOT NULL, PRIMARY KEY(key, seq)) WITHOUT ROWID;
"""


class Refused(UserError):  # noqa: N818  # a state
    """A call, or an answer, that is not allowed."""


class AlreadyAsked(Refused):
    """The same approval is asked for already.

    Attributes:
        number: of the question.
    """

    def __init__(self, number: int) -> None:
        super().__init__(f"approval {number} is asked for already")
        self.number = number


class CallTables:
    """The projection: which approvals wait, are granted and used, and what became of calls."""

    schema = _SCHEMA
    kinds = ("asked", "answered", "started", "ended")

    def clear(self, db: sqlite3.Connection) -> None:
        """Empty the tables."""
        db.execute("DELETE FROM approvals")
        db.execute("DELETE FROM calls")
        db.execute("DELETE FROM keyed_calls")

    def apply(self, db: sqlite3.Connection, entry: Recorded[Event]) -> None:
        """Apply one event, or refuse it."""
        match entry.event:
            case Asked():
                _ask(db, entry.seq, entry.at, entry.event)
            case Answered():
                _answer(db, entry.at, entry.event)
            case Started():
                _start(db, entry.seq, entry.at, entry.event)
            case Ended(started=started, outcome=outcome, detail=detail):
                db.execute("UPDATE calls SET outcome=?, detail=? WHERE seq=?", (outcome.value, detail, started))


def _ask(db: sqlite3.Connection, seq: int, at: float, asked: Asked) -> None:
    waiting = db.execute(
        "SELECT seq, digest, state FROM approvals WHERE granted IS NULL AND at <= ? AND expires > ?", (at, at)
    ).fetchall()
    digest = asked.call.digest
    for number, of, state in waiting:
        if (of, state) == (digest, asked.state):
            raise AlreadyAsked(int(number))
    if len(waiting) >= asked.most:
        raise Refused(
            f"{len(waiting)} approvals wait for the owner already",
            fix="the owner sees them with `overnight approvals`; ask again when one is answered",
        )
    row = (seq, digest, asked.state, asked.nonce, at, asked.expires)
    db.execute("INSERT INTO approvals(seq, digest, state, nonce, at, expires) VALUES(?,?,?,?,?,?)", row)


def _answer(db: sqlite3.Connection, at: float, answered: Answered) -> None:
    row = db.execute("SELECT at, expires, granted FROM approvals WHERE seq=?", (answered.asked,)).fetchone()
    if row is None:
        raise Refused(f"there is no approval {answered.asked}", fix="see `overnight approvals`")
    asked_at, expires, granted = row
    if granted is not None:
        raise Refused(f"approval {answered.asked} is {'granted' if granted else 'refused'} already")
    if not asked_at <= at < expires:
        raise Refused(f"approval {answered.asked} has expired", fix="whoever needs it asks again by calling it again")
    update = "UPDATE approvals SET granted=?, answered_at=?, answered_by=?, expires=? WHERE seq=?"
    until = answered.expires if answered.granted else expires
    db.execute(update, (answered.granted, at, answered.by, until, answered.asked))


def _start(db: sqlite3.Connection, seq: int, at: float, started: Started) -> None:
    digest = started.call.digest
    if other := db.execute("SELECT seq FROM calls WHERE digest=? AND outcome='started'", (digest,)).fetchone():
        raise Refused(f"the same call is under way (call {other[0]})", fix="wait for it to end")
    if started.approval:
        update = (
            "UPDATE approvals SET used=? WHERE seq=? AND digest=? AND state=? AND granted=1 AND used IS NULL"
            " AND answered_at <= ? AND expires > ?"
        )
        if db.execute(update, (seq, started.approval, digest, started.state, at, at)).rowcount != 1:
            raise Refused(
                f"approval {started.approval} does not allow this call, or no longer", fix="call it again to ask anew"
            )
    row = (seq, started.id, digest, CallState.STARTED.value)
    db.execute("INSERT INTO calls(seq, id, digest, outcome) VALUES(?,?,?,?)", row)
    if started.key:
        db.execute("INSERT INTO keyed_calls VALUES(?,?)", (started.key, seq))
