"""The conformance suite of the ledger for stores in SQLite: how such a file is damaged, and what is in it."""

import sqlite3
from collections.abc import Iterator, Mapping
from contextlib import closing, contextmanager
from pathlib import Path

import pytest

from overnight.errors import LedgerCorrupt
from overnight.ledger.chain import GENESIS, chain_hash
from overnight.ledger.port import E
from overnight.testing import LedgerConformance
from overnight.testing.ledger import Damage

TAMPERED: Mapping[Damage, str] = {
    Damage.EDITED: "UPDATE events SET body=body||' ' WHERE seq=3",
    Damage.REDATED: "UPDATE events SET at=at+1 WHERE seq=3",
    Damage.REMOVED: "DELETE FROM events WHERE seq=3",
    Damage.FORGED: "UPDATE events SET body='{}', hash='0' WHERE seq=3",
}
REFUSED = "CREATE TRIGGER no BEFORE INSERT ON events WHEN new.seq=3 BEGIN SELECT raise(abort, 'no'); END"


class SqliteConformance(LedgerConformance[E]):
    """The promises of a store whose file is a SQLite database with a table `events`."""

    def tamper(self, folder: Path, damage: Damage) -> None:
        with closing(self._database(folder)) as db:
            if damage is not Damage.ADDED:
                db.execute(TAMPERED[damage])
                return
            [prev] = db.execute("SELECT hash FROM events WHERE seq=2").fetchone()
            row = (3, 1.0, "", None, "no event", prev, chain_hash(prev, 3, 1.0, "no event"))
            db.execute("INSERT INTO events VALUES(?,?,?,?,?,?,?)", row)

    @contextmanager
    def refusing(self, folder: Path) -> Iterator[None]:
        with closing(self._database(folder)) as db:
            db.execute(REFUSED)
            yield
            db.execute("DROP TRIGGER no")

    def test_each_hash_covers_the_one_before(self, tmp_path: Path) -> None:
        """Anyone can compute it from the file, and it is what the store returns."""
        with closing(self.open(tmp_path)) as store:
            store.append(*self.some())
            digests = [entry.digest for entry in store.events()]
        with closing(self._database(tmp_path)) as db:
            rows = db.execute("SELECT seq, at, body, prev, hash FROM events ORDER BY seq").fetchall()
        prev = GENESIS
        for (seq, at, body, before, digest), returned in zip(rows, digests, strict=True):
            assert before == prev
            assert digest == returned == chain_hash(prev, seq, at, body)
            prev = digest

    @pytest.mark.parametrize("seq", [1, 3, 5])
    def test_the_hash_that_a_row_names_as_the_one_before_is_checked(self, tmp_path: Path, seq: int) -> None:
        """Whoever reads the raw table can rely on the column `prev`."""
        with closing(self.open(tmp_path)) as store:
            store.append(*self.some())
        with closing(self._database(tmp_path)) as db:
            db.execute("UPDATE events SET prev=hash WHERE seq=?", (seq,))
        with closing(self.open_to_read(tmp_path)) as store, pytest.raises(LedgerCorrupt) as caught:
            store.check_chain()
        assert caught.value.readable == seq - 1

    def _database(self, folder: Path) -> sqlite3.Connection:
        return sqlite3.connect(self.file(folder), isolation_level=None)
