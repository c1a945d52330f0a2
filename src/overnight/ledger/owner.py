"""What the owner of a ledger defines: how its events are encoded, and what is derived from them."""

import sqlite3
from collections.abc import Callable, Collection
from dataclasses import dataclass
from typing import Generic, Protocol

from overnight.ledger.port import E, Recorded


@dataclass(frozen=True, slots=True, kw_only=True)
class Codec(Generic[E]):
    """How events are encoded and indexed."""

    encode: Callable[[E], bytes]  # UTF-8 text
    decode: Callable[[str], E]  # raises ValueError for what is not an event
    kind: Callable[[E], str]
    subject: Callable[[E], int | None]  # the number of what an event is about; None: about the whole
    subject_column: str  # the SQL column for that number


class Projection(Protocol[E]):
    """Tables derived from the events, in the transaction that appends them.

    They are rebuilt by applying every event again, so the result cannot differ from what appending left.
    """

    @property
    def schema(self) -> str:
        """SQL that creates the tables if they are missing."""
        ...

    @property
    def kinds(self) -> Collection[str]:
        """The kinds of event that are applied to them."""
        ...

    def clear(self, db: sqlite3.Connection) -> None:
        """Empty the tables."""
        ...

    def apply(self, db: sqlite3.Connection, entry: Recorded[E]) -> None:
        """Apply one event of these kinds; the table `events` has it, those before it, and perhaps some after it."""
        ...
