"""Checks all of a record: the chain, the tables made from it, and the texts beside it. A start checks none of this."""

import sqlite3
from collections.abc import Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass

from overnight.claw.events import Forgotten
from overnight.claw.record.record import ClawRecord, refs_of
from overnight.claw.record.upgrade import derived_tables
from overnight.errors import LedgerCorrupt
from overnight.ledger.sealed import is_intact

MOST = 20  # findings of one kind that are listed


@dataclass(frozen=True, slots=True, kw_only=True)
class Checked:
    """What a check of a record found."""

    events: int
    texts: int
    forgotten: int  # texts whose events still stand
    findings: Sequence[str]  # what does not hold; empty: all of it holds


def check_record(record: ClawRecord) -> Checked:
    """Check the chain first: without it, nothing else counts."""
    try:
        return _check(record)
    except LedgerCorrupt as broken:
        return Checked(events=broken.readable, texts=0, forgotten=0, findings=[str(broken)])


def _check(record: ClawRecord) -> Checked:
    record.store.check_chain()
    findings: list[str] = []
    named, tombs, events = set[str](), set[str](), 0
    with record.store.reading() as db:
        for entry in record.store.events():
            events += 1
            if isinstance(entry.event, Forgotten):
                tombs |= set(entry.event.texts)
            for ref in refs_of(entry.event):
                named.add(ref.id)
                if is_intact(db, ref) is False:
                    findings.append(f"the text {ref.id} of event {entry.seq} was changed")
        kept = {id_ for (id_,) in db.execute("SELECT id FROM texts")}
        findings += _listed("the text {} is of no event", sorted(kept - named))
        findings += _listed("the text {} is missing, and was not forgotten", sorted(named - kept - tombs))
        findings += _listed("the text {} was forgotten, and is there", sorted(kept & tombs))
        findings += _differences(record, db)
    return Checked(events=events, texts=len(kept), forgotten=len(named & tombs), findings=findings)


def _differences(record: ClawRecord, db: sqlite3.Connection) -> Iterator[str]:
    """The derived tables that are not what the events give."""
    with closing(sqlite3.connect(":memory:", isolation_level=None)) as copy:
        db.backup(copy)
        record.store.derive_in(copy)
        for table in derived_tables(db):
            if table.startswith("sqlite_") or _is_of_index(db, table):
                continue
            query = f'SELECT * FROM "{table}" ORDER BY 1, 2'  # noqa: S608  # a name of the database's own
            if db.execute(query).fetchall() != copy.execute(query).fetchall():
                yield f"the table {table} is not what the events give; `overnight claw audit --repair` derives it again"


def _is_of_index(db: sqlite3.Connection, table: str) -> bool:
    """Whether a table belongs to a full text index, whose rows depend on when it was merged."""
    rows = db.execute("SELECT name FROM sqlite_master WHERE sql LIKE 'CREATE VIRTUAL TABLE%'").fetchall()
    return any(table == name or table.startswith(f"{name}_") for (name,) in rows)


def _listed(words: str, ids: Sequence[str]) -> list[str]:
    more = [f"and {len(ids) - MOST:,} more"] if len(ids) > MOST else []
    return [words.format(each) for each in ids[:MOST]] + more
