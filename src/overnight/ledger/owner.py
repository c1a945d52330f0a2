"""What the owner of a ledger says about its events: how they are written down, and what is derived from them."""

import sqlite3
from collections.abc import Callable, Collection
from dataclasses import dataclass
from typing import Generic, Protocol

from overnight.ledger.port import E, Recorded


@dataclass(frozen=True, slots=True, kw_only=True)
class Codec(Generic[E]):
    """How events are written down and filed."""

    encode: Callable[[E], bytes]  # UTF-8 text
    decode: Callable[[str], E]  # raises ValueError for what is not an event
    kind: Callable[[E], str]
    subject: Callable[[E], int | None]  # the number of what an event is about; None: of the whole
    subject_column: str  # what the file calls that number, an SQL name


class Projection(Protocol[E]):
    """Tables that are derived from the events, in the transaction that appends them.

    When they are made anew, every event is applied once more, so that the result cannot differ from what appending left.
    """

    @property
    def schema(self) -> str:
        """SQL that makes the tables where they are missing."""
        ...

    @property
    def kinds(self) -> Collection[str]:
        """The kinds of event that are applied to them."""
        ...

    def clear(self, db: sqlite3.Connection) -> None:
        """Empty the tables."""
        ...

    def apply(self, db: sqlite3.Connection, entry: Recorded[E]) -> None:
        """Take in one event of these kinds; it and those before it are in the table `events`, and perhaps some after it."""
        ...
