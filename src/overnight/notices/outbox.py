"""The notices that were sent and those still to be sent, in `notices.db` in a folder of the caller.

A notice is recorded before it is sent and marked after, so a kill in between sends it twice but loses none. Its key is kept
forever: no later session sends the same news again.
"""

import os
import sqlite3
import time
from collections.abc import Callable, Sequence
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

from pydantic import TypeAdapter

from overnight.files.own import NotOurs, check_database
from overnight.notices.notice import Notice

NAME = "notices.db"
FRESH_S = 24 * 3600.0  # older notices are no longer sent
MOST_TRIES = 30  # of one notice on one channel, over all sessions
_SCHEMA = """
CREATE TABLE IF NOT EXISTS notices(key TEXT PRIMARY KEY, at REAL NOT NULL, body TEXT NOT NULL);
CREATE TABLE IF NOT EXISTS deliveries(
  key TEXT NOT NULL, channel TEXT NOT NULL, sent REAL, tries INTEGER NOT NULL DEFAULT 0, why TEXT NOT NULL DEFAULT '',
  PRIMARY KEY(key, channel));
"""
_NOTICE: TypeAdapter[Notice] = TypeAdapter(Notice)


@dataclass(frozen=True, slots=True, kw_only=True)
class Delivery:
    """A notice that a channel has not accepted yet."""

    notice: Notice
    channel: str
    why: str  # the newest attempt failed; empty before the first


class Outbox:
    """The notices of one folder, such as a campaign's; a change is on disk when the method returns.

    Raises of all methods:
        sqlite3.Error: the file cannot be read or written.
    """

    def __init__(self, folder: Path, *, clock: Callable[[], float] = time.time) -> None:
        self._path = folder / NAME
        self._clock = clock

    def post(self, notice: Notice, channels: Sequence[str]) -> bool:
        """Add a notice for these channels; False, changing nothing, if its key is already there."""
        with closing(self._open()) as database, database:
            body = _NOTICE.dump_json(notice).decode()
            values = (notice.key, self._clock(), body)
            new = database.execute("INSERT OR IGNORE INTO notices VALUES(?, ?, ?)", values).rowcount == 1
            if new:
                rows = [(notice.key, channel) for channel in channels]
                database.executemany("INSERT INTO deliveries(key, channel) VALUES(?, ?)", rows)
        return new

    def pending(self) -> Sequence[Delivery]:
        """What is still to be sent, oldest first; nothing that is too old or was tried too often."""
        if not os.path.lexists(self._path):
            return ()
        with closing(self._open()) as database, database:
            rows = database.execute(
                "SELECT body, channel, why FROM deliveries JOIN notices USING(key)"
                " WHERE sent IS NULL AND at > ? AND tries < ? ORDER BY at, key",
                (self._clock() - FRESH_S, MOST_TRIES),
            ).fetchall()
        return [Delivery(notice=_NOTICE.validate_json(body), channel=channel, why=why) for body, channel, why in rows]

    def tried(self, delivery: Delivery, why: str) -> None:
        """Record that an attempt is about to be made, or, if `why` is given, why it failed."""
        with closing(self._open()) as database, database:
            database.execute(
                "UPDATE deliveries SET tries = tries + ?, why = ? WHERE key = ? AND channel = ?",
                (0 if why else 1, why, delivery.notice.key, delivery.channel),
            )

    def sent(self, delivery: Delivery) -> None:
        """Record that it got through."""
        with closing(self._open()) as database, database:
            database.execute(
                "UPDATE deliveries SET sent = ?, why = '' WHERE key = ? AND channel = ?",
                (self._clock(), delivery.notice.key, delivery.channel),
            )

    def _open(self) -> sqlite3.Connection:
        try:
            check_database(self._path, make=True)
        except (OSError, NotOurs) as error:
            raise sqlite3.OperationalError(str(error)) from error
        database = sqlite3.connect(self._path, timeout=10)
        database.executescript("PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL;" + _SCHEMA)
        return database
