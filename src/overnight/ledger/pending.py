"""What waits until something is done about it, as a table derived from events: orders, an inbox, an outbox.

Each item is opened by an event under a key of its own, and moved by later events until it waits no more. One key is one item
forever, so what is sent again is not done again; what no longer waits never waits again.

Does not cover: what is done about an item outside of the ledger. It is done once only if it can be looked up by the key.
"""

import sqlite3
from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass
from typing import Generic

from overnight.ledger.port import E, Recorded

OPEN = "open"  # the state of a new item

Opens = Callable[[E], Iterable[str]]  # the keys of the items that an event opens
Moves = Callable[[E], Iterable[tuple[str, str]]]  # the keys of the items that an event moves, each with its new state
Condition = Callable[[sqlite3.Connection], bool]  # asked in the transaction that appends


@dataclass(frozen=True, slots=True, kw_only=True)
class Item:
    """One thing that waits, or that waited once."""

    key: str
    seq: int  # of the event that opened it
    at: float  # Unix time of that event, s
    state: str


class PendingTable(Generic[E]):
    """The items of one kind, such as orders; implements `Projection`."""

    def __init__(
        self,
        table: str,
        *,
        opens: Mapping[str, Opens[E]],
        moves: Mapping[str, Moves[E]],
        waiting: Collection[str] = (OPEN,),  # the states that wait; an item in any other is settled
    ) -> None:
        """The names of the table and of states are code, never foreign; `opens` and `moves` are by kind of event."""
        self._table, self._opens, self._moves = table, opens, moves
        self._waits = "state IN ({})".format(", ".join(f"'{state}'" for state in sorted(waiting)))
        self.kinds = tuple(dict.fromkeys([*opens, *moves]))
        self.schema = (
            f"CREATE TABLE IF NOT EXISTS {table}(key TEXT PRIMARY KEY, seq INTEGER NOT NULL, at REAL NOT NULL,"
            " state TEXT NOT NULL);"
            f" CREATE INDEX IF NOT EXISTS {table}_that_wait ON {table}(seq) WHERE {self._waits};"
        )

    def clear(self, db: sqlite3.Connection) -> None:
        """Empty the table."""
        db.execute(f"DELETE FROM {self._table}")  # noqa: S608  # ours, here and below

    def apply(self, db: sqlite3.Connection, entry: Recorded[E]) -> None:
        """Move what the event moves, then open what it opens; a known key is not opened again."""
        kind = getattr(entry.event, "kind", "")
        if moves := self._moves.get(kind):
            move = f"UPDATE {self._table} SET state=? WHERE key=? AND {self._waits}"  # noqa: S608
            db.executemany(move, [(state, key) for key, state in moves(entry.event)])
        if opens := self._opens.get(kind):
            add = f"INSERT OR IGNORE INTO {self._table} VALUES(?,?,?,?)"
            db.executemany(add, [(key, entry.seq, entry.at, OPEN) for key in opens(entry.event)])

    def waiting(self, db: sqlite3.Connection, limit: int) -> list[Item]:
        """The items that wait, oldest first; none in a file that was last written before there was this table."""
        if not self._exists(db):
            return []
        query = f"SELECT key, seq, at, state FROM {self._table} WHERE {self._waits} ORDER BY seq, key LIMIT ?"  # noqa: S608
        return [Item(key=key, seq=seq, at=at, state=state) for key, seq, at, state in db.execute(query, (limit,))]

    def newest(self, db: sqlite3.Connection, limit: int) -> list[Item]:
        """The newest items, whether they wait or not, newest first."""
        if not self._exists(db):
            return []
        query = f"SELECT key, seq, at, state FROM {self._table} ORDER BY seq DESC, key LIMIT ?"  # noqa: S608
        return [Item(key=key, seq=seq, at=at, state=state) for key, seq, at, state in db.execute(query, (limit,))]

    def find(self, db: sqlite3.Connection, key: str) -> Item | None:
        """The item with this key, whether it waits or not."""
        if not self._exists(db):
            return None
        query = f"SELECT key, seq, at, state FROM {self._table} WHERE key=?"  # noqa: S608
        row = db.execute(query, (key,)).fetchone()
        return Item(key=row[0], seq=row[1], at=row[2], state=row[3]) if row else None

    def admits(self, key: str, most: int) -> Condition:
        """The condition of an event that opens this key: it is new, and fewer than `most` items wait."""

        def new_and_not_full(db: sqlite3.Connection) -> bool:
            count = f"SELECT count(*) FROM (SELECT 1 FROM {self._table} WHERE {self._waits} LIMIT ?)"  # noqa: S608
            return self.find(db, key) is None and db.execute(count, (most,)).fetchone()[0] < most

        return new_and_not_full

    def in_state(self, key: str, state: str) -> Condition:
        """The condition of an event that moves this key, if several processes may: it is still in this state."""
        return lambda db: (item := self.find(db, key)) is not None and item.state == state

    def _exists(self, db: sqlite3.Connection) -> bool:
        return db.execute("SELECT 1 FROM sqlite_master WHERE name=?", (self._table,)).fetchone() is not None
