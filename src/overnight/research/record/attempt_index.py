"""Past proposals in SQLite, findable by what they do and by their words: two tables derived from the events."""

import sqlite3
from collections.abc import Collection
from contextlib import suppress

from overnight.research.changes.similar import NEWEST, meaning, rank, terms_of, terms_of_shape
from overnight.research.events import Proposed, decode

SCHEMA = """
CREATE TABLE IF NOT EXISTS meanings(meaning TEXT PRIMARY KEY, number INTEGER NOT NULL) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS terms(term INTEGER, number INTEGER, PRIMARY KEY(term, number)) WITHOUT ROWID;
"""
VERSION = 1  # PRAGMA user_version of a ledger whose tables are filled; an older one may have none


def is_filled(db: sqlite3.Connection) -> bool:
    """Whether the tables are there and hold every proposal."""
    return int(db.execute("PRAGMA user_version").fetchone()[0]) >= VERSION


def add(db: sqlite3.Connection, event: Proposed) -> None:
    """Take in a proposal, unless it never ran."""
    if not event.commit:
        return
    if event.shape:
        db.execute("INSERT OR IGNORE INTO meanings VALUES(?,?)", (meaning(event.shape), event.number))
    terms = {*terms_of_shape(event.shape), *terms_of(event.hypothesis)}
    db.executemany("INSERT OR IGNORE INTO terms VALUES(?,?)", [(term, event.number) for term in terms])


def fill(db: sqlite3.Connection) -> None:
    """Make both tables anew; within a transaction of the caller's."""
    db.execute("DELETE FROM meanings")
    db.execute("DELETE FROM terms")
    for (body,) in db.execute("SELECT body FROM events WHERE kind='proposed' ORDER BY seq"):
        with suppress(ValueError):  # a damaged event: whoever reads the events is told of it
            event = decode(body)
            if isinstance(event, Proposed):
                add(db, event)
    db.execute(f"PRAGMA user_version={VERSION}")


def same(db: sqlite3.Connection, shape: str) -> int | None:
    """The number of the first experiment with this meaning, None if there is none."""
    row = db.execute("SELECT number FROM meanings WHERE meaning=?", (meaning(shape),)).fetchone() if is_filled(db) else None
    return int(row[0]) if row else None


def similar(db: sqlite3.Connection, terms: Collection[int]) -> list[int]:
    """Numbers of the experiments that have most of the terms, the likest first; each term is looked up in its newest few."""
    if not is_filled(db):
        return []
    newest = "SELECT number FROM terms WHERE term=? ORDER BY number DESC LIMIT ?"
    return rank({term: [row[0] for row in db.execute(newest, (term, NEWEST))] for term in sorted(set(terms))})
