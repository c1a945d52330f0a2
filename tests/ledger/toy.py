"""A simple ledger: who wrote what, with a table of how much each author wrote."""

import json
import sqlite3
from dataclasses import asdict, dataclass
from pathlib import Path

from overnight.ledger.file import BUSY_S
from overnight.ledger.owner import Codec
from overnight.ledger.port import Recorded
from overnight.ledger.store import SqliteEventStore


@dataclass(frozen=True)
class Line:
    author: int | None
    text: str

    @property
    def kind(self) -> str:
        return "line" if self.author else "title"


def decode(body: str) -> Line:
    try:
        return Line(**json.loads(body))
    except TypeError as error:
        raise ValueError(body) from error


CODEC: Codec[Line] = Codec(
    encode=lambda line: json.dumps(asdict(line)).encode(),
    decode=decode,
    kind=lambda line: line.kind,
    subject=lambda line: line.author,
    subject_column="author",
)


class Lengths:
    """Characters by author; an author who writes "fail" cannot be counted."""

    schema = "CREATE TABLE IF NOT EXISTS lengths(author INTEGER PRIMARY KEY, characters INTEGER NOT NULL);"
    kinds = ("line",)

    def clear(self, db: sqlite3.Connection) -> None:
        db.execute("DELETE FROM lengths")

    def apply(self, db: sqlite3.Connection, entry: Recorded[Line]) -> None:
        add = "INSERT INTO lengths VALUES(?,?) ON CONFLICT DO UPDATE SET characters = characters + excluded.characters"
        db.execute(add, (entry.event.author, len(entry.event.text)))
        if entry.event.text == "fail":
            raise RuntimeError("cannot be counted")


class Book(SqliteEventStore[Line]):
    """The ledger."""

    def __init__(self, folder: Path, *, version: int = 1, read_only: bool = False, busy_s: float = BUSY_S) -> None:
        super().__init__(folder, CODEC, projections=[Lengths()], version=version, read_only=read_only, busy_s=busy_s)

    def lengths(self) -> dict[int, int]:
        return dict(self._db.execute("SELECT author, characters FROM lengths ORDER BY author"))
