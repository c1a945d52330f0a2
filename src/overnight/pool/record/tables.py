"""Tables derived from a hub's events: keys, submissions, and the chain."""

import json
import sqlite3

from overnight.ledger.port import Recorded
from overnight.pool.chain import entry_digest, read_entry
from overnight.pool.events import (
    Asked,
    BlockWithdrawn,
    CampaignBegun,
    Committed,
    EntryAdded,
    Event,
    FurtherJudged,
    FurtherPair,
    HubOpened,
    HubPaused,
    Judged,
    KeyChanged,
    Linked,
    Refused,
    Revealed,
)

NONCE_LASTS_S = 600.0
COMMITTED, QUEUED, JUDGED, REFUSED = "committed", "queued", "judged", "refused"
_NEWEST = "number=(SELECT MAX(number) FROM campaigns)"


class Keys:
    """The standing of each key; implements `Projection`."""

    kinds = ("key_changed", "committed", "judged", "further_pair")
    schema = """
    CREATE TABLE IF NOT EXISTS keys(
      key TEXT PRIMARY KEY, standing TEXT NOT NULL DEFAULT 'new', why TEXT NOT NULL DEFAULT '', first_at REAL NOT NULL,
      commitments INTEGER NOT NULL DEFAULT 0, judged INTEGER NOT NULL DEFAULT 0, accepted INTEGER NOT NULL DEFAULT 0,
      seconds REAL NOT NULL DEFAULT 0);
    """

    def clear(self, db: sqlite3.Connection) -> None:
        """Empty the table."""
        db.execute("DELETE FROM keys")

    def apply(self, db: sqlite3.Connection, entry: Recorded[Event]) -> None:
        """Count what a key did, or change its standing."""
        match entry.event:
            case Committed(key=key):
                db.execute(
                    "INSERT INTO keys(key, first_at, commitments) VALUES(?,?,1)"
                    " ON CONFLICT(key) DO UPDATE SET commitments=commitments+1",
                    (key, entry.at),
                )
            case KeyChanged(key=key, standing=standing, why=why):
                db.execute(
                    "INSERT INTO keys(key, standing, why, first_at) VALUES(?,?,?,?)"
                    " ON CONFLICT(key) DO UPDATE SET standing=excluded.standing, why=excluded.why",
                    (key, standing, why, entry.at),
                )
            case Judged(submission=number, accepted=accepted, seconds=seconds):
                db.execute(
                    "UPDATE keys SET judged=judged+1, accepted=accepted+?, seconds=seconds+?"
                    " WHERE key=(SELECT key FROM submissions WHERE number=?)",
                    (int(accepted), seconds, number),
                )
            case FurtherPair(block=block, seconds=seconds):
                submitter = "SELECT key FROM submissions JOIN entries ON entries.submission=submissions.number"
                db.execute(
                    f"UPDATE keys SET seconds=seconds+? WHERE key=({submitter} WHERE entries.number=?)",  # noqa: S608  # ours
                    (seconds, block),
                )
            case _:
                pass


class Submissions:
    """What each submission is at; implements `Projection`."""

    kinds = ("committed", "revealed", "refused", "linked", "asked", "judged", "entry_added", "campaign_begun")
    schema = """
    CREATE TABLE IF NOT EXISTS settled(seen INTEGER NOT NULL);
    CREATE TABLE IF NOT EXISTS submissions(
      number INTEGER PRIMARY KEY, key TEXT NOT NULL, parent TEXT NOT NULL, commitment TEXT NOT NULL UNIQUE, at REAL NOT NULL,
      state TEXT NOT NULL, digest TEXT, hypothesis TEXT NOT NULL DEFAULT '', revealed INTEGER, code TEXT NOT NULL DEFAULT '',
      why TEXT NOT NULL DEFAULT '', experiment INTEGER, accepted INTEGER, seconds REAL NOT NULL DEFAULT 0,
      shown_at REAL NOT NULL DEFAULT 0,
      meaning TEXT NOT NULL DEFAULT '', judged INTEGER, asked INTEGER NOT NULL DEFAULT 0);
    CREATE INDEX IF NOT EXISTS submissions_waiting ON submissions(state, key);
    CREATE INDEX IF NOT EXISTS submissions_open ON submissions(at) WHERE state='committed';
    CREATE INDEX IF NOT EXISTS submissions_of ON submissions(key, number);
    CREATE UNIQUE INDEX IF NOT EXISTS submissions_same ON submissions(digest) WHERE digest IS NOT NULL AND state!='refused';
    CREATE INDEX IF NOT EXISTS submissions_alike ON submissions(meaning) WHERE meaning!='';
    CREATE INDEX IF NOT EXISTS submissions_judged ON submissions(judged) WHERE judged IS NOT NULL;
    """

    def clear(self, db: sqlite3.Connection) -> None:
        """Empty the tables."""
        db.execute("DELETE FROM submissions")
        db.execute("DELETE FROM settled")

    def apply(self, db: sqlite3.Connection, entry: Recorded[Event]) -> None:
        """Take one a step on."""
        if isinstance(entry.event, Linked | Asked | Judged) and entry.event.seen:
            db.execute("DELETE FROM settled")
            db.execute("INSERT INTO settled VALUES(?)", (entry.event.seen,))
        match entry.event:
            case Committed(key=key, parent=parent, commitment=commitment):
                row = (entry.seq, key, parent, commitment, entry.at, COMMITTED)
                db.execute("INSERT INTO submissions(number, key, parent, commitment, at, state) VALUES(?,?,?,?,?,?)", row)
            case Revealed(submission=number) as made:
                query = "UPDATE submissions SET state=?, digest=?, hypothesis=?, revealed=?, meaning=? WHERE number=?"
                db.execute(query, (QUEUED, made.digest, made.hypothesis, entry.seq, made.meaning, number))
            case Refused(submission=number, code=code, why=why):
                db.execute("UPDATE submissions SET state=?, code=?, why=? WHERE number=?", (REFUSED, code, why, number))
            case Linked(submission=number, experiment=experiment):
                db.execute("UPDATE submissions SET experiment=? WHERE number=?", (experiment, number))
            case Asked(submission=number, restart=restart):
                db.execute("UPDATE submissions SET asked=? WHERE number=?", (restart + 1, number))
            case Judged(submission=number) as judged:
                db.execute(
                    "UPDATE submissions SET state=?, accepted=?, seconds=?, why=?, shown_at=?, judged=? WHERE number=?",
                    (JUDGED, int(judged.accepted), judged.seconds, judged.reason, judged.shown_at, entry.seq, number),
                )
            case EntryAdded() | CampaignBegun() as begun if begun.tag:
                # Another campaign goes on: its events are counted from the first, and what was under way waits again.
                db.execute("DELETE FROM settled")
                db.execute(
                    "UPDATE submissions SET experiment=NULL, asked=0 WHERE state=? AND experiment IS NOT NULL", (QUEUED,)
                )
            case _:
                pass


class ChainTable:
    """The chain's entries, the campaigns that verify it, and whether the hub accepts anything; implements `Projection`."""

    kinds = ("hub_opened", "asked", "entry_added", "campaign_begun", "block_withdrawn", "hub_paused")
    schema = """
    CREATE TABLE IF NOT EXISTS entries(
      number INTEGER PRIMARY KEY, submission INTEGER UNIQUE, digest TEXT NOT NULL UNIQUE, commit_id TEXT NOT NULL,
      body TEXT NOT NULL);
    CREATE TABLE IF NOT EXISTS campaigns(
      number INTEGER PRIMARY KEY, tag TEXT NOT NULL UNIQUE, split INTEGER NOT NULL, blocks INTEGER NOT NULL DEFAULT 0,
      questions INTEGER NOT NULL DEFAULT 0);
    CREATE TABLE IF NOT EXISTS withdrawn(block INTEGER PRIMARY KEY, why TEXT NOT NULL, entry INTEGER);
    CREATE TABLE IF NOT EXISTS paused(why TEXT NOT NULL, at REAL NOT NULL);
    """

    def clear(self, db: sqlite3.Connection) -> None:
        """Empty the tables."""
        for table in ("entries", "campaigns", "withdrawn", "paused"):
            db.execute(f"DELETE FROM {table}")  # noqa: S608  # ours

    def apply(self, db: sqlite3.Connection, entry: Recorded[Event]) -> None:
        """Add an entry, or pause."""
        match entry.event:
            case HubOpened(entry=body, start=commit, tag=tag):
                db.execute("INSERT INTO campaigns(number, tag, split) VALUES(1, ?, 0)", (tag,))
                db.execute("INSERT INTO entries VALUES(0, NULL, ?, ?, ?)", (entry_digest(read_entry(body)), commit, body))
            case EntryAdded(number=number, entry=body, commit=commit, submission=submission):
                row = (number, submission or None, entry_digest(read_entry(body)), commit, body)
                db.execute("INSERT INTO entries VALUES(?,?,?,?,?)", row)
                if submission:
                    db.execute(f"UPDATE campaigns SET blocks=blocks+1 WHERE {_NEWEST}")  # noqa: S608  # ours
                if entry.event.tag:  # a withdrawal
                    query = f"INSERT INTO campaigns(tag, split) SELECT ?, split FROM campaigns WHERE {_NEWEST}"  # noqa: S608  # ours
                    db.execute(query, (entry.event.tag,))
                    db.execute("UPDATE withdrawn SET entry=? WHERE block=?", (number, json.loads(body)["block"]))
            case CampaignBegun(tag=tag, split=split):
                db.execute("INSERT INTO campaigns(tag, split) VALUES(?,?)", (tag, split))
            case Asked():
                db.execute(f"UPDATE campaigns SET questions=questions+1 WHERE {_NEWEST}")  # noqa: S608  # ours
            case BlockWithdrawn(block=block, why=why):
                db.execute("INSERT OR IGNORE INTO withdrawn VALUES(?,?,NULL)", (block, why))
            case HubPaused(why=why):
                db.execute("DELETE FROM paused")
                if why:
                    db.execute("INSERT INTO paused VALUES(?,?)", (why, entry.at))
            case _:
                pass


class Blocks:
    """What each block brought, so that nobody has to read its text to add it up; implements `Projection`."""

    kinds = ("entry_added",)
    schema = """
    CREATE TABLE IF NOT EXISTS blocks(
      number INTEGER PRIMARY KEY, submitter TEXT NOT NULL, gain REAL NOT NULL, seconds REAL NOT NULL);
    """

    def clear(self, db: sqlite3.Connection) -> None:
        """Empty the table."""
        db.execute("DELETE FROM blocks")

    def apply(self, db: sqlite3.Connection, entry: Recorded[Event]) -> None:
        """Add one."""
        if isinstance(entry.event, EntryAdded) and (made := json.loads(entry.event.entry))["kind"] == "block":
            row = (entry.event.number, made["submitter"], made["gain"], made["seconds"])
            db.execute("INSERT INTO blocks VALUES(?,?,?,?)", row)


class FurtherPairs:
    """What was measured of each block after it was added; implements `Projection`."""

    kinds = ("entry_added", "further_pair", "further_judged")
    schema = """
    CREATE TABLE IF NOT EXISTS further(block INTEGER PRIMARY KEY, wanted INTEGER NOT NULL, judged INTEGER, gain REAL);
    CREATE TABLE IF NOT EXISTS further_pairs(block INTEGER NOT NULL, before REAL, after REAL, failed INTEGER NOT NULL);
    CREATE INDEX IF NOT EXISTS further_pairs_of ON further_pairs(block);
    """

    def clear(self, db: sqlite3.Connection) -> None:
        """Empty the tables."""
        db.execute("DELETE FROM further")
        db.execute("DELETE FROM further_pairs")

    def apply(self, db: sqlite3.Connection, entry: Recorded[Event]) -> None:
        """Add a block, a pair, or what all of them show."""
        match entry.event:
            case EntryAdded(number=number, further=wanted) if wanted:
                db.execute("INSERT INTO further(block, wanted) VALUES(?,?)", (number, wanted))
            case FurtherPair(block=block) as pair:
                db.execute("INSERT INTO further_pairs VALUES(?,?,?,?)", (block, pair.before, pair.after, int(pair.failed)))
            case FurtherJudged(block=block, pairs=pairs, gain=gain):
                db.execute("UPDATE further SET judged=?, gain=? WHERE block=?", (pairs, gain, block))
            case _:
                pass


class Nonces:
    """The nonces that were used and may still be valid, so that no request counts twice; implements `Projection`.

    Older ones are forgotten. Should the clock ever go back by more, a request that is repeated changes nothing either: the same
    commitment is the same submission, and what was revealed stays.
    """

    kinds = ("committed", "revealed")
    schema = """
    CREATE TABLE IF NOT EXISTS used_nonces(nonce TEXT PRIMARY KEY, at REAL NOT NULL) WITHOUT ROWID;
    CREATE INDEX IF NOT EXISTS used_nonces_at ON used_nonces(at);
    """

    def clear(self, db: sqlite3.Connection) -> None:
        """Empty the table."""
        db.execute("DELETE FROM used_nonces")

    def apply(self, db: sqlite3.Connection, entry: Recorded[Event]) -> None:
        """Remember one, and forget what is valid no longer."""
        if isinstance(entry.event, Committed | Revealed):
            db.execute("DELETE FROM used_nonces WHERE at<?", (entry.at - 2 * NONCE_LASTS_S,))
            db.execute("INSERT INTO used_nonces VALUES(?,?)", (entry.event.nonce, entry.at))
