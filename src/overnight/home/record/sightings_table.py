"""Tables derived from a home's events: what is looked out for, and what came."""

import sqlite3

from overnight.home.events import Event, LookoutDropped, LookoutSet, Sighted, SightingJudged
from overnight.ledger.port import Recorded


class Sightings:
    """What is looked out for, and what came; implements `Projection`."""

    kinds = ("lookout_set", "lookout_dropped", "sighted", "sighting_judged")
    schema = """
    CREATE TABLE IF NOT EXISTS lookouts(
      number INTEGER PRIMARY KEY, device INTEGER NOT NULL, what TEXT NOT NULL, hours TEXT NOT NULL,
      dropped INTEGER NOT NULL DEFAULT 0);
    CREATE TABLE IF NOT EXISTS sightings(
      number INTEGER PRIMARY KEY, lookout INTEGER NOT NULL, device INTEGER NOT NULL, seen REAL NOT NULL, label TEXT NOT NULL,
      confirmed TEXT NOT NULL, picture TEXT NOT NULL, asked INTEGER NOT NULL, correct INTEGER);
    CREATE INDEX IF NOT EXISTS sightings_of ON sightings(device, number);
    """

    def clear(self, db: sqlite3.Connection) -> None:
        """Empty the tables."""
        db.execute("DELETE FROM lookouts")
        db.execute("DELETE FROM sightings")

    def apply(self, db: sqlite3.Connection, entry: Recorded[Event]) -> None:
        """Set or drop a lookout, take down what came, or what the owner said of it."""
        match entry.event:
            case LookoutSet(device=device, what=what, hours=hours):
                db.execute(
                    "INSERT INTO lookouts(number, device, what, hours) VALUES(?,?,?,?)", (entry.seq, device, what, hours)
                )
            case LookoutDropped(lookout=number):
                db.execute("UPDATE lookouts SET dropped=1 WHERE number=?", (number,))
            case Sighted() as it:
                row = (entry.seq, it.lookout, it.device, it.seen, it.label, it.confirmed, it.picture, it.asked)
                db.execute("INSERT INTO sightings VALUES(?,?,?,?,?,?,?,?,NULL)", row)
            case SightingJudged(sighting=number, right=right):
                db.execute("UPDATE sightings SET correct=? WHERE number=?", (right, number))
            case _:
                pass
