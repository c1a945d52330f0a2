"""What the owner trusts: skills and tool servers, each by the digest of all that it was; implements `Projection`."""

import sqlite3

from overnight.claw.events import Event, Trusted
from overnight.claw.record.derived import Derived
from overnight.ledger.port import Recorded


class Trusts(Derived):
    """The newest digest of each."""

    kinds = ("trusted",)
    schema = """
    CREATE TABLE IF NOT EXISTS trusts(
      what TEXT NOT NULL, name TEXT NOT NULL, seq INTEGER NOT NULL, PRIMARY KEY(what, name)) WITHOUT ROWID;
    """

    def apply(self, db: sqlite3.Connection, entry: Recorded[Event]) -> None:
        """Trust it from now on as it is, or no more."""
        if not isinstance(entry.event, Trusted):
            return
        if entry.event.digest:
            row = (entry.event.what.value, entry.event.name, entry.seq)
            db.execute("INSERT OR REPLACE INTO trusts VALUES(?,?,?)", row)
        else:
            db.execute("DELETE FROM trusts WHERE what=? AND name=?", (entry.event.what.value, entry.event.name))
