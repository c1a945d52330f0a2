"""Texts beside a ledger that can be forgotten: the chain has salted digests, the texts lie in a table.

To forget one deletes its text and its salt. The chain still holds, and what is left of the text is a digest that nobody can
compare with a guess. Until then the digest shows whether the text was changed.

Does not cover: copies that others made, such as an index over the texts, which its owner has to erase as well.
"""

import hashlib
import secrets
import sqlite3
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

ID_BYTES = 12
SALT_BYTES = 32
SCHEMA = "CREATE TABLE IF NOT EXISTS texts(id TEXT PRIMARY KEY, salt BLOB NOT NULL, text TEXT NOT NULL) WITHOUT ROWID;"
_BATCH = 500  # names in one query


@dataclass(frozen=True, slots=True, kw_only=True)
class TextRef:
    """A text as an event has it."""

    id: str
    digest: str  # SHA-256 over salt and text, hex
    size: int  # characters


@dataclass(frozen=True, slots=True, kw_only=True)
class SealedText:
    """A text with what it takes to keep it."""

    ref: TextRef
    salt: bytes
    text: str


def seal(text: str) -> SealedText:
    """A text that is to be kept: put `ref` into an event, and append that with this."""
    text = text.encode("utf-8", "replace").decode()  # a lone surrogate is no text of a database
    salt = secrets.token_bytes(SALT_BYTES)
    ref = TextRef(id=secrets.token_hex(ID_BYTES), digest=_digest(salt, text), size=len(text))
    return SealedText(ref=ref, salt=salt, text=text)


def keep_texts(db: sqlite3.Connection, texts: Iterable[SealedText]) -> None:
    """Keep texts, in the transaction that appends the events that have them."""
    db.executemany("INSERT INTO texts VALUES(?,?,?)", [(each.ref.id, each.salt, each.text) for each in texts])


def read_texts(db: sqlite3.Connection, refs: Sequence[TextRef]) -> Mapping[str, str]:
    """The texts that are still there, by id."""
    found: dict[str, str] = {}
    for first in range(0, len(refs), _BATCH):
        ids = [ref.id for ref in refs[first : first + _BATCH]]
        marks = ",".join("?" * len(ids))
        found |= dict(db.execute(f"SELECT id, text FROM texts WHERE id IN ({marks})", ids))  # noqa: S608  # marks alone
    return found


def is_intact(db: sqlite3.Connection, ref: TextRef) -> bool | None:
    """Whether a text is the one that its event had; None if it was forgotten."""
    row = db.execute("SELECT salt, text FROM texts WHERE id=?", (ref.id,)).fetchone()
    return None if row is None else _digest(row[0], row[1]) == ref.digest


def forget_texts(db: sqlite3.Connection, ids: Iterable[str]) -> None:
    """Delete texts and their salts, in the transaction that records it."""
    db.executemany("DELETE FROM texts WHERE id=?", [(each,) for each in ids])


def _digest(salt: bytes, text: str) -> str:
    return hashlib.sha256(salt + text.encode()).hexdigest()
