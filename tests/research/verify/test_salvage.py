"""`overnight verify --salvage`: what is intact of a damaged ledger is written out."""

import json
import sqlite3
from pathlib import Path

import pytest
from damage import ended_campaign, execute, one
from targets import copied, overnight


@pytest.fixture(scope="module")
def ended(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A noisy campaign with two keeps."""
    return ended_campaign(tmp_path_factory.mktemp("verify"))


@pytest.fixture
def repo(ended: Path, tmp_path: Path) -> Path:
    """A copy of it to damage."""
    return copied(ended, tmp_path / "copy")


def test_what_is_intact_of_a_damaged_ledger_is_reported_and_written_out(repo: Path, tmp_path: Path) -> None:
    """The number of events, the last experiment, and a file with the events that only its owner can read."""
    execute(repo, "UPDATE events SET at=at+1 WHERE kind='proposed' AND experiment=3", "DELETE FROM snapshots")
    damaged_at = one(repo, "SELECT seq FROM events WHERE kind='proposed' AND experiment=3")
    last = f"SELECT experiment FROM events WHERE kind='concluded' AND seq < {damaged_at} ORDER BY seq DESC LIMIT 1"
    printed = overnight(repo, "verify", check=1).stdout
    assert f"the first {damaged_at - 1} events are intact" in printed
    assert f"the last intact experiment is #{one(repo, last)}" in printed
    assert "--salvage" in printed
    target = tmp_path / "saved.jsonl"
    overnight(repo, "verify", "--salvage", str(target), check=0)
    events = [json.loads(line) for line in target.read_text().splitlines()]
    assert [event["seq"] for event in events] == list(range(1, damaged_at))
    assert events[0]["event"]["kind"] == "campaign_opened" and target.stat().st_mode & 0o777 == 0o600
    assert "cannot be written" in overnight(repo, "verify", "--salvage", str(target), check=2).stderr


def test_a_ledger_with_a_damaged_page_can_be_read(repo: Path, tmp_path: Path) -> None:
    """Garbage at the end of the file loses the events there; those before it are read."""
    path = repo / ".overnight/t/ledger.db"
    execute(repo, "PRAGMA user_version=1")
    with sqlite3.connect(path) as db:
        db.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        page = db.execute("SELECT max(pageno) FROM dbstat WHERE name='events'").fetchone()[0] if _has_dbstat(db) else 0
        size = db.execute("PRAGMA page_size").fetchone()[0]
    db.close()
    if not page:
        pytest.skip("this SQLite cannot tell which page is whose")
    with path.open("r+b") as file:
        file.seek((page - 1) * size)
        file.write(b"\xff" * size)
    target = tmp_path / "saved.jsonl"
    overnight(repo, "verify", check=1)
    overnight(repo, "verify", "--salvage", str(target), check=0)
    assert len(target.read_text().splitlines()) > 10


def _has_dbstat(db: sqlite3.Connection) -> bool:
    return ("ENABLE_DBSTAT_VTAB",) in db.execute("PRAGMA compile_options").fetchall()
