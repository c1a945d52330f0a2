"""The experiments of a campaign in SQLite, to page through and to find by their tree: a table derived from the events."""

import sqlite3
from functools import cache

from pydantic import TypeAdapter

from overnight.gate.verdict import Verdict
from overnight.research.event_text import decode
from overnight.research.events import Concluded, Moved, Proposed, Reopened
from overnight.research.experiment import Experiment
from overnight.research.history import fold_experiment
from overnight.research.record.port import Page, Recorded

SCHEMA = """
CREATE TABLE IF NOT EXISTS experiments(number INTEGER PRIMARY KEY, tree TEXT NOT NULL, verdict TEXT, body TEXT NOT NULL);
CREATE INDEX IF NOT EXISTS experiments_by_tree ON experiments(tree);
"""


class ExperimentTable:
    """A row for each experiment, as of its proposal, its last move and its verdict; implements `Projection`."""

    schema = SCHEMA
    kinds = ("proposed", "moved", "reopened", "concluded")

    def clear(self, db: sqlite3.Connection) -> None:
        """Empty the table."""
        db.execute("DELETE FROM experiments")

    def apply(self, db: sqlite3.Connection, entry: Recorded) -> None:
        """Write the row of a proposal, or write it again as its events now have it."""
        match entry.event:
            case Proposed():
                experiment = fold_experiment([(entry.at, entry.event)])
            case Moved(number=number) | Reopened(number=number) | Concluded(number=number):
                query = "SELECT at, body FROM events WHERE experiment=? AND seq<=? ORDER BY seq"
                experiment = fold_experiment((at, decode(body)) for at, body in db.execute(query, (number, entry.seq)))
            case _:
                return
        if experiment:
            row = (experiment.number, *_indexed(experiment), _form().dump_json(experiment).decode())
            db.execute("INSERT OR REPLACE INTO experiments VALUES(?,?,?,?)", row)


def _indexed(experiment: Experiment) -> list[str | None]:
    """The columns beside its body: tree and verdict."""
    return [experiment.tree, experiment.conclusion.verdict if experiment.conclusion else None]


def page(db: sqlite3.Connection, *, offset: int, limit: int, newest_first: bool) -> Page:
    """A page of experiments; numbers are dense, so a page costs the same at any offset."""
    total = db.execute("SELECT coalesce(max(number), 0) FROM experiments").fetchone()[0]
    if newest_first:
        query = "SELECT body FROM experiments WHERE number <= ? ORDER BY number DESC LIMIT ?"
        rows = db.execute(query, (total - offset, limit)).fetchall()
    else:
        query = "SELECT body FROM experiments WHERE number > ? ORDER BY number LIMIT ?"
        rows = db.execute(query, (offset, limit)).fetchall()
    return Page(experiments=[_form().validate_json(body) for (body,) in rows], total=total)


def page_of(db: sqlite3.Connection, verdict: Verdict, *, offset: int, limit: int, newest_first: bool) -> Page:
    """A page of the experiments with a verdict."""
    total = db.execute("SELECT count(*) FROM experiments WHERE verdict=?", (verdict,)).fetchone()[0]
    order = "DESC" if newest_first else "ASC"
    query = f"SELECT body FROM experiments WHERE verdict=? ORDER BY number {order} LIMIT ? OFFSET ?"  # noqa: S608  # ours
    rows = db.execute(query, (verdict, limit, offset)).fetchall()
    return Page(experiments=[_form().validate_json(body) for (body,) in rows], total=total)


def one(db: sqlite3.Connection, number: int) -> Experiment | None:
    """One experiment by number; ValueError if the columns that `tried` looks at do not say what its body says."""
    row = db.execute("SELECT tree, verdict, body FROM experiments WHERE number=?", (number,)).fetchone()
    if not row:
        return None
    *indexed, body = row
    experiment = _form().validate_json(body)
    if indexed != _indexed(experiment):
        raise ValueError(f"the row of experiment {number} contradicts itself")
    return experiment


def tried(db: sqlite3.Connection, tree: str) -> int | None:
    """The number of the first experiment with this proposal digest, None if it is new; what was rejected was never tried."""
    query = "SELECT min(number) FROM experiments WHERE tree=? AND (verdict IS NULL OR verdict != 'reject')"
    row = db.execute(query, (tree,)).fetchone()
    return None if row[0] is None else int(row[0])


@cache
def _form() -> TypeAdapter[Experiment]:
    return TypeAdapter(Experiment)
