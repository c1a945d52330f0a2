"""What can be recalled, as tables beside the record: each message, answer and fact, its words in SQLite's FTS5.

They are written in the transaction of the event, so that a kill cannot part them from it. A text is indexed by itself; that it
is read with its neighbours is a matter of searching. The index keeps a copy of its own, so that it can delete a text that is
already gone from beside the record.
"""

import re
import sqlite3
from collections.abc import Iterator, Sequence

from overnight.claw.events import Answered, Event, FactSet, Fired, Forgotten, Received, ScheduleKind
from overnight.ledger.port import Recorded
from overnight.ledger.sealed import TextRef, read_texts
from overnight.operations.principal import Kind, Origin

TOKENIZER = "porter unicode61 remove_diacritics 2"
TALK_GAP_S = 2 * 3600  # a message that comes later than this after the one before begins another talk
LEAST_REPEATED = 3  # words of a fact, for another text that has them in a row to repeat it
LONGEST = 4000  # characters of a text that are indexed: a long answer would be found by any question


class Mentions:
    """The texts that can be recalled; implements `Projection`. It stands behind `Persons` and `Facts`."""

    kinds = ("received", "fired", "answered", "fact_set", "forgotten")
    schema = f"""
    CREATE TABLE IF NOT EXISTS mentions(
      id INTEGER PRIMARY KEY, seq INTEGER NOT NULL, text TEXT NOT NULL, kind TEXT NOT NULL, at REAL NOT NULL,
      person TEXT NOT NULL, private TEXT NOT NULL, origin TEXT NOT NULL, talk INTEGER NOT NULL, words INTEGER NOT NULL);
    CREATE TABLE IF NOT EXISTS outdated(
      mention INTEGER NOT NULL, fact INTEGER NOT NULL, PRIMARY KEY(mention, fact)) WITHOUT ROWID;
    CREATE INDEX IF NOT EXISTS mentions_by_text ON mentions(text);
    CREATE INDEX IF NOT EXISTS mentions_by_seq ON mentions(seq);
    CREATE VIRTUAL TABLE IF NOT EXISTS mention_words USING fts5(text, tokenize="{TOKENIZER}");
    CREATE VIRTUAL TABLE IF NOT EXISTS mention_terms USING fts5vocab(mention_words, instance);
    CREATE VIRTUAL TABLE IF NOT EXISTS mention_counts USING fts5vocab(mention_words, row);
    """

    def clear(self, db: sqlite3.Connection) -> None:
        """Empty the tables."""
        db.execute("DELETE FROM mentions")
        db.execute("DELETE FROM outdated")
        db.execute("DELETE FROM mention_words")

    def apply(self, db: sqlite3.Connection, entry: Recorded[Event]) -> None:
        """Index the texts of an event, or delete those that were forgotten."""
        if isinstance(entry.event, Forgotten):
            erase(db, entry.event.texts)
            return
        rows = list(_texts_of(db, entry.event))
        found = read_texts(db, [ref for ref, _, _, _ in rows])
        for ref, person, private, origin in rows:
            _insert(db, entry, ref, found.get(ref.id, "")[:LONGEST], (person, private, origin))
        if isinstance(entry.event, FactSet):
            for number in entry.event.supersedes:
                _outdate(db, number)


def erase(db: sqlite3.Connection, texts: Sequence[str]) -> None:
    """Delete texts from the index, by id, and their words from its vocabulary.

    What is left is a row without words, so that the tables are the same if they are derived again. FTS5 only marks words as
    deleted until its parts are merged, so all of them are.
    """
    for text in texts:
        rows = db.execute("SELECT id, seq FROM mentions WHERE text=?", (text,)).fetchall()
        for number, seq in rows:
            db.execute("DELETE FROM mention_words WHERE rowid=?", (number,))
            db.execute("UPDATE mentions SET words=0 WHERE id=?", (number,))
            db.execute("DELETE FROM outdated WHERE (mention=?1) <> (fact=?2)", (number, seq))
    db.execute("INSERT INTO mention_words(mention_words) VALUES('optimize')")


def _texts_of(db: sqlite3.Connection, event: Event) -> Iterator[tuple[TextRef, str, str, Origin]]:
    """The texts of an event that can be recalled, each with whose it is, who alone may read it, and its origin."""
    match event:
        case Received(text=text, person=person, role=role, origin=origin):
            yield text, person, person if role.is_let_in else "", origin
        case Fired(text=text, person=person, role=role, origin=origin, what=ScheduleKind.REMIND):
            yield text, person, person if role.is_let_in else "", origin
        case Answered(origin=origin):
            for send in (*event.sends, *getattr(event, "held", ())):
                if not send.approval:
                    yield send.text, "", _let_in_at(db, send.to.channel, send.to.id), origin
        case FactSet(text=text, person=person, origin=origin):
            yield text, person, person if origin is Origin.MEMBER or _is_let_in(db, person) else "", origin
        case _:
            pass


def _insert(db: sqlite3.Connection, entry: Recorded[Event], ref: TextRef, text: str, who: tuple[str, str, Origin]) -> None:
    person, private, origin = who
    last = db.execute("SELECT talk, at FROM mentions ORDER BY id DESC LIMIT 1").fetchone()
    talk = last[0] if last and abs(entry.at - last[1]) <= TALK_GAP_S else (last[0] + 1 if last else 1)
    query = "INSERT INTO mentions(seq, text, kind, at, person, private, origin, talk, words) VALUES(?,?,?,?,?,?,?,?,?)"
    row = (entry.seq, ref.id, entry.event.kind, entry.at, person, private, origin.value, talk, len(text.split()))
    number = db.execute(query, row).lastrowid
    if text:
        db.execute("INSERT INTO mention_words(rowid, text) VALUES(?,?)", (number, text))


def _outdate(db: sqlite3.Connection, fact: int) -> None:
    """A fact was corrected: it and what repeats it word for word, such as the message that it came from, is not recalled."""
    row = db.execute("SELECT id FROM mentions WHERE seq=? AND kind='fact_set'", (fact,)).fetchone()
    if row is None:
        return
    outdated = {row[0]}
    text = db.execute("SELECT text FROM mention_words WHERE rowid=?", row).fetchone()
    words = re.findall(r"\w+", text[0]) if text else []
    if len(words) >= LEAST_REPEATED:
        query = (
            "SELECT rowid FROM mention_words WHERE mention_words MATCH ?"
            " AND rowid NOT IN (SELECT id FROM mentions WHERE kind='fact_set')"
        )
        outdated |= {number for (number,) in db.execute(query, (f'"{" ".join(words)}"',))}
    db.executemany("INSERT OR IGNORE INTO outdated VALUES(?,?)", [(number, fact) for number in outdated])


def _is_let_in(db: sqlite3.Connection, person: str) -> bool:
    query = "SELECT 1 FROM addresses WHERE person=? AND role<>? LIMIT 1"
    return db.execute(query, (person, Kind.OWNER.value)).fetchone() is not None


def _let_in_at(db: sqlite3.Connection, channel: str, id_: str) -> str:
    query = "SELECT person FROM addresses WHERE channel=? AND id=? AND role<>?"
    row = db.execute(query, (channel, id_, Kind.OWNER.value)).fetchone()
    return row[0] if row else ""
