"""Past proposals in SQLite, found by what they do and by their words: two tables derived from the events."""

import sqlite3
from collections.abc import Collection

from overnight.research.changes.similar import NEWEST, meaning, rank, terms_of, terms_of_shape
from overnight.research.events import Proposed
from overnight.research.record.port import Recorded

SCHEMA = """
CREATE TABLE IF NOT EXISTS meanings(meaning TEXT PRIMARY KEY, number INTEGER NOT NULL) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS terms(term INTEGER, number INTEGER, PRIMARY KEY(term, number)) WITHOUT ROWID;
"""


class AttemptIndex:
    """The meaning and the terms of each proposal; implements `Projection`."""

    schema = SCHEMA
    kinds = ("proposed",)

    def clear(self, db: sqlite3.Connection) -> None:
        """Empty both tables."""
        db.execute("DELETE FROM meanings")
        db.execute("DELETE FROM terms")

    def apply(self, db: sqlite3.Connection, entry: Recorded) -> None:
        """Add a proposal, unless it never ran."""
        event = entry.event
        if not isinstance(event, Proposed) or not event.commit:
            return
        if event.shape:
            db.execute("INSERT OR IGNORE INTO meanings VALUES(?,?)", (meaning(event.shape), event.number))
        terms = {*terms_of_shape(event.shape), *terms_of(event.hypothesis)}
        db.executemany("INSERT OR IGNORE INTO terms VALUES(?,?)", [(term, event.number) for term in terms])


def same(db: sqlite3.Connection, shape: str) -> int | None:
    """The number of the first experiment with this meaning, None if there is none."""
    row = db.execute("SELECT number FROM meanings WHERE meaning=?", (meaning(shape),)).fetchone()
    return int(row[0]) if row else None


def similar(db: sqlite3.Connection, terms: Collection[int]) -> list[int]:
    """Numbers of the experiments with most of the terms, the most similar first; each term counts in its newest few only."""
    newest = "SELECT number FROM terms WHERE term=? ORDER BY number DESC LIMIT ?"
    return rank({term: [row[0] for row in db.execute(newest, (term, NEWEST))] for term in sorted(set(terms))})
