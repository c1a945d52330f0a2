"""A damaged ledger: any byte of it, any value of a row; what is before the damage is read, then there is one clear error."""

import shutil
import sqlite3
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from builders import baseline, concluded, opened, proposed, session, trial
from examples import scaled
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from overnight.errors import LedgerCorrupt, UserError
from overnight.research.events import Event
from overnight.research.record.ledger import SqliteLedger

EVENTS: list[Event] = [opened(), session(), baseline(0, 1.0)]
for number in range(1, 30):
    EVENTS += [proposed(number), trial(number, value=float(number)), concluded(number)]


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A ledger of many pages, all in its main file."""
    folder = tmp_path_factory.mktemp("ledger")
    ledger = SqliteLedger(folder)
    ledger.append(*EVENTS)
    ledger.save_snapshot(b"{}")
    ledger._db.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    ledger.close()
    return folder


def read(folder: Path) -> tuple[list[Event], bool]:
    """The events that are read before the end or the damage, and whether there was damage."""
    found: list[Event] = []
    ledger = SqliteLedger.for_reading(folder)
    try:
        for entry in ledger.events():
            found.append(entry.event)
    except LedgerCorrupt as corrupt:
        assert corrupt.readable == len(found)
        return found, True
    finally:
        ledger.close()
    return found, False


def every_reading(folder: Path) -> list[Callable[[SqliteLedger], object]]:
    """The other questions that a ledger answers."""
    return [
        lambda ledger: ledger.experiments(),
        lambda ledger: ledger.experiment(3),
        lambda ledger: ledger.experiment_events(3),
        lambda ledger: ledger.tried("0" * 64),
        lambda ledger: ledger.snapshot(),
        lambda ledger: ledger.snapshots(),
        lambda ledger: list(ledger.places()),
    ]


def damaged(whole: Path, damage: Callable[[Path], None]) -> None:
    """Damage a copy, and compare all that is read from it with what was written."""
    with TemporaryDirectory() as place:
        folder = Path(shutil.copytree(whole, Path(place) / "copy"))
        damage(folder / "ledger.db")
        try:
            found, _ = read(folder)
        except (LedgerCorrupt, UserError):
            return  # not even the first page can be read
        assert found == EVENTS[: len(found)], "what is read is a prefix of what was written"
        ledger = SqliteLedger.for_reading(folder)
        for ask in every_reading(folder):
            with suppress(LedgerCorrupt, UserError):
                ask(ledger)
        ledger.close()


@settings(max_examples=scaled(150), deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
def test_any_damaged_bytes_leave_a_prefix(whole: Path, data: st.DataObject) -> None:
    """Bytes overwritten anywhere: the events before them, then one clear error, never another exception."""
    size = (whole / "ledger.db").stat().st_size
    place = data.draw(st.integers(0, size - 1))
    junk = data.draw(st.binary(min_size=1, max_size=64))

    def overwrite(path: Path) -> None:
        with path.open("r+b") as file:
            file.seek(place)
            file.write(junk)

    damaged(whole, overwrite)


VALUES = st.one_of(
    st.none(), st.integers(-(2**63), 2**63 - 1), st.floats(), st.text(max_size=20), st.binary(max_size=20),
    st.sampled_from(["{}", "[]", '{"kind":"stopped"}', '{"kind":"campaign_opened"}', "null", "1e999"]),
)  # fmt: skip


@settings(max_examples=scaled(150), deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    seq=st.integers(1, len(EVENTS)),
    column=st.sampled_from(["at", "kind", "experiment", "body", "prev", "hash"]),
    value=VALUES,
)
def test_any_changed_value_leaves_a_prefix(whole: Path, seq: int, column: str, value: object) -> None:
    """A value of any type in any column of any row."""

    def change(path: Path) -> None:
        with sqlite3.connect(path) as db:
            try:
                db.execute(f"UPDATE events SET {column}=? WHERE seq=?", (value, seq))
            except (sqlite3.IntegrityError, UnicodeEncodeError):  # NULL, or a lone surrogate: it cannot be stored
                return
        db.close()

    damaged(whole, change)


@settings(max_examples=scaled(60), deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(table=st.sampled_from(["experiments.body", "experiments.tree", "snapshots.state"]), value=VALUES)
def test_derived_tables_are_not_trusted_either(whole: Path, table: str, value: object) -> None:
    """What is derived from the events may contain anything; reading it gives an answer or a clear error."""
    name, column = table.split(".")

    def change(path: Path) -> None:
        with sqlite3.connect(path) as db:
            try:
                db.execute(f"UPDATE {name} SET {column}=?", (value,))
            except (sqlite3.IntegrityError, UnicodeEncodeError):
                return
        db.close()

    damaged(whole, change)


def test_events_before_a_damaged_page_are_read(whole: Path, tmp_path: Path) -> None:
    """A page of garbage in the middle loses what follows it and nothing before."""
    folder = Path(shutil.copytree(whole, tmp_path / "copy"))
    path = folder / "ledger.db"
    size = path.stat().st_size
    with sqlite3.connect(path) as db:
        page = db.execute("PRAGMA page_size").fetchone()[0]
    db.close()
    least = len(EVENTS)
    for number in range(1, size // page):
        content = bytearray((whole / "ledger.db").read_bytes())
        content[number * page : (number + 1) * page] = b"\xff" * page
        path.write_bytes(content)
        found, corrupt = read(folder)
        assert found == EVENTS[: len(found)]
        least = min(least, len(found)) if corrupt and found else least
    assert 0 < least < len(EVENTS)
