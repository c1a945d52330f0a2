"""Brings the record of an older version to this one: what is derived is made anew, and a copy of before is kept.

Events and texts are never rewritten: an event that has more fields now has defaults for them.

Does not cover: a record that a newer version wrote, which is refused.
"""

import sqlite3
from collections.abc import Sequence
from contextlib import closing
from pathlib import Path

from overnight.errors import LedgerBusy, UserError
from overnight.files.transaction import transaction
from overnight.ledger.file import NAME, LedgerFile
from overnight.ledger.lock import holder

STAYS = frozenset({"events", "snapshots", "texts"})  # all other tables are derived
_COPY = "ledger.v{}.db"


def upgrade(folder: Path, version: int, advice: str) -> None:
    """Bring the record in a folder to a version, if it has an older one; its tables are derived when it is opened next.

    Raises:
        UserError: a newer version wrote it.
        LedgerBusy: an older version runs it now.
    """
    file = LedgerFile(path=folder / NAME, advice=advice)
    if not file.path.exists():
        return
    with file.clear_reading(), closing(file.connect(read_only=False)) as db:
        found = _version(db)
        if found > version:
            what = f"{file.path} was written by a newer overnight (form {found}, this one knows {version})"
            copy = folder / _COPY.format(version)
            fix = "install that version again"
            if copy.exists():
                fix += f"; or go back to before the upgrade, and lose what came since: put {copy.name} in its place"
            raise UserError(what, fix=fix)
        if not found or found == version:
            return
        if process := holder(folder):
            what = f"process {process} runs an older version of this claw"
            raise LedgerBusy(what, process=process, fix="end it, and start it again with this version")
        _copy(file, folder / _COPY.format(found))
        with transaction(db):
            if _version(db) == found:  # no other process did it meanwhile
                for table in derived_tables(db):
                    db.execute(f'DROP TABLE IF EXISTS "{table}"')
                db.execute("PRAGMA user_version=0")


def kept_copies(folder: Path) -> Sequence[Path]:
    """The copies of before upgrades."""
    return sorted([*folder.glob(_COPY.format("*")), *folder.glob(_COPY.format("*") + "-*")])


def derived_tables(db: sqlite3.Connection) -> Sequence[str]:
    """The tables that are made from events: those that have tables of their own first, which go with them."""
    rows = db.execute("SELECT name, sql FROM sqlite_master WHERE type='table' AND name NOT LIKE 'sqlite_%'").fetchall()
    found = [(not sql.upper().startswith("CREATE VIRTUAL"), name) for name, sql in rows if name not in STAYS]
    return [name for _, name in sorted(found)]


def _version(db: sqlite3.Connection) -> int:
    return int(db.execute("PRAGMA user_version").fetchone()[0])


def _copy(file: LedgerFile, path: Path) -> None:
    """Copy it as it is; a copy that a kill cut off is made again."""
    new = LedgerFile(path=path.with_name(f"{path.name}-new"), advice=file.advice)
    new.path.unlink(missing_ok=True)
    with closing(file.connect(read_only=True)) as old, closing(new.connect(read_only=False)) as db:
        old.backup(db)
    new.path.replace(path)
