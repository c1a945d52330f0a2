"""The messages of one channel, in `inbox.db` in its folder: on disk before they are acknowledged, each carried out once.

A message goes from new to started to done. One that was started by a session that is gone is neither: whether it took effect is
unknown, and it is never started again.
"""

import sqlite3
from collections.abc import Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

from overnight.files.own import NotOurs, check_database
from overnight.notices.port import Message

NAME = "inbox.db"
KEPT = 5000  # newest messages: an older one that is delivered again counts as new
MOST_WAITING = 100  # messages that nobody has carried out yet
_SCHEMA = """
CREATE TABLE IF NOT EXISTS messages(
  place INTEGER PRIMARY KEY, id TEXT UNIQUE NOT NULL, sender TEXT NOT NULL, text TEXT NOT NULL, at REAL NOT NULL,
  session TEXT NOT NULL DEFAULT '', state TEXT NOT NULL DEFAULT 'new');
CREATE INDEX IF NOT EXISTS open_messages ON messages(place) WHERE state != 'done';
CREATE TABLE IF NOT EXISTS refused(why TEXT PRIMARY KEY, number INTEGER NOT NULL);
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class OpenMessage:
    """A message that is not done."""

    message: Message
    session: str  # that it is for; empty: nobody has looked yet
    started: bool  # that session has begun to carry it out


class Inbox:
    """The messages of a folder; a change is on disk when the method returns. Several processes may use it at once.

    Raises of all methods:
        sqlite3.Error: the file cannot be read or written.
    """

    def __init__(self, folder: Path) -> None:
        path = folder / NAME
        try:
            check_database(path, make=True)
        except (OSError, NotOurs) as error:
            raise sqlite3.OperationalError(str(error)) from error
        self._db = sqlite3.connect(path, timeout=10, isolation_level=None)
        try:
            self._db.executescript("PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL;" + _SCHEMA)
        except BaseException:
            self._db.close()
            raise

    def store(self, message: Message) -> bool:
        """Keep a message; False, changing nothing, if it is known, or if too many wait."""
        known = "SELECT 1 FROM messages WHERE id=?"
        if self._db.execute(known, (message.id,)).fetchone():
            return False
        if self._db.execute("SELECT COUNT(*) FROM messages WHERE state != 'done'").fetchone()[0] >= MOST_WAITING:
            self.refuse({"too many at once": 1})
            return False
        row = (message.id, message.sender, message.text, message.at)
        new = self._db.execute("INSERT OR IGNORE INTO messages(id, sender, text, at) VALUES(?,?,?,?)", row).rowcount == 1
        self._db.execute(
            "DELETE FROM messages WHERE state = 'done' AND place <= (SELECT MAX(place) FROM messages) - ?", (KEPT,)
        )
        return new

    def open(self) -> Sequence[OpenMessage]:
        """What is not done, oldest first."""
        query = "SELECT id, sender, text, at, session, state FROM messages WHERE state != 'done' ORDER BY place"
        return [
            OpenMessage(message=Message(id=id_, sender=sender, text=text, at=at), session=session, started=state == "started")
            for id_, sender, text, at, session, state in self._db.execute(query)
        ]

    def assign(self, message: str, session: str) -> None:
        """Hand a message that is not started to a session."""
        self._db.execute("UPDATE messages SET session=? WHERE id=? AND state='new'", (session, message))

    def start(self, entry: OpenMessage, session: str) -> bool:
        """Let a session begin to carry it out; False if it was started or handed on meanwhile."""
        query = "UPDATE messages SET state='started', session=? WHERE id=? AND session=? AND state='new'"
        return self._db.execute(query, (session, entry.message.id, entry.session)).rowcount == 1

    def finish(self, message: str) -> None:
        """Record that it is done."""
        self._db.execute("UPDATE messages SET state='done' WHERE id=?", (message,))

    def refuse(self, counts: Mapping[str, int]) -> None:
        """Count messages that were not kept, by the reason."""
        query = "INSERT INTO refused VALUES(?,?) ON CONFLICT(why) DO UPDATE SET number = number + excluded.number"
        self._db.executemany(query, counts.items())

    def refused(self) -> Mapping[str, int]:
        """How many messages were ever not kept, by the reason."""
        return dict(self._db.execute("SELECT why, number FROM refused ORDER BY why"))

    def close(self) -> None:
        """Close the database."""
        with closing(self._db):
            pass
