"""The ledger: durable, chained, paged, held by one process."""

import os
import sqlite3
import subprocess
from pathlib import Path

import pytest
from builders import advanced, baseline, concluded, opened, proposed, session, trial
from targets import started

from overnight.errors import CampaignBusy, LedgerCorrupt, UserError
from overnight.gate.verdict import Verdict
from overnight.ledger.lock import holder
from overnight.research.events import Concluded, Event, Proposed
from overnight.research.record.ledger import SqliteLedger


@pytest.fixture
def ledger(tmp_path: Path) -> SqliteLedger:
    return SqliteLedger(tmp_path)


def filled(ledger: SqliteLedger, experiments: int = 3) -> list[Event]:
    events: list[Event] = [opened(), session(), baseline(0, 1.0)]
    for number in range(1, experiments + 1):
        events += [proposed(number), trial(number, value=float(number)), concluded(number)]
    for event in events:
        ledger.append(event)
    return events


def test_events_come_back_as_they_went_in(ledger: SqliteLedger, tmp_path: Path) -> None:
    """A second process reads the same events in the same order."""
    events = filled(ledger)
    reader = SqliteLedger.for_reading(tmp_path)
    assert [recorded.event for recorded in reader.events()] == events
    assert [recorded.seq for recorded in reader.events(after=4)] == list(range(5, len(events) + 1))


def test_append_is_all_or_nothing(ledger: SqliteLedger) -> None:
    """When one event of a batch cannot be written, none is, and the ledger goes on."""
    ledger.append(opened())
    ledger._db.execute("CREATE TRIGGER no BEFORE INSERT ON events WHEN new.seq=3 BEGIN SELECT raise(abort, 'no'); END")
    with pytest.raises(LedgerCorrupt):
        ledger.append(session(), session())
    ledger._db.execute("DROP TRIGGER no")
    ledger.append(session())
    assert [recorded.seq for recorded in ledger.events()] == [1, 2]


@pytest.mark.parametrize(
    "damage",
    [
        "UPDATE events SET body=replace(body, 'idea 2', 'idea 9') WHERE kind='proposed'",
        "UPDATE events SET at=at+1 WHERE seq=6",
        "DELETE FROM events WHERE seq=6",
        "UPDATE events SET body='{}', hash='0' WHERE seq=6",
    ],
)
def test_tampering_shows_and_the_rest_is_named(ledger: SqliteLedger, damage: str) -> None:
    """An edited, re-dated, removed or forged event breaks the chain; what comes before it stays readable."""
    filled(ledger)
    ledger._db.execute(damage)
    read = 0
    with pytest.raises(LedgerCorrupt, match="intact and readable") as caught:
        for _ in ledger.events():
            read += 1
    assert caught.value.readable == read >= 5
    with pytest.raises(UserError, match=f"the first {read} events are intact .*overnight verify.*--salvage"):
        ledger.require_intact()


def test_a_whole_chain_is_taken_up(ledger: SqliteLedger) -> None:
    """With events and without; what a session must not go on from is an end that is missing."""
    ledger.require_intact()
    filled(ledger)
    ledger.save_snapshot(b"{}")
    ledger.require_intact()
    ledger._db.execute("DELETE FROM events WHERE seq=(SELECT max(seq) FROM events)")
    with pytest.raises(UserError, match="the newest are missing"):
        ledger.require_intact()


def test_a_file_of_garbage_is_one_clear_error(tmp_path: Path) -> None:
    """A ledger that is no database says so."""
    (tmp_path / "ledger.db").write_bytes(b"garbage" * 1000)
    with pytest.raises(LedgerCorrupt, match="corrupted"):
        SqliteLedger(tmp_path)


def test_pages_are_dense_and_bounded(ledger: SqliteLedger) -> None:
    """Newest first, any offset, no more than asked for."""
    filled(ledger, 7)
    page = ledger.experiments(offset=2, limit=3)
    assert (page.total, [e.number for e in page.experiments]) == (7, [5, 4, 3])
    oldest = ledger.experiments(limit=2, newest_first=False)
    assert [e.number for e in oldest.experiments] == [1, 2]
    assert ledger.experiments(offset=100).experiments == []


def test_the_row_of_an_experiment_has_its_mean_and_verdict(ledger: SqliteLedger) -> None:
    """The projection holds what `log` shows."""
    filled(ledger, 1)
    ledger.append(proposed(2), trial(2, 0, value=2.0), trial(2, 1, value=4.0), concluded(2, Verdict.KEEP), advanced(2))
    experiment = ledger.experiment(2)
    assert experiment is not None and experiment.conclusion is not None
    assert (experiment.value, experiment.trials, experiment.conclusion.verdict) == (3.0, 2, Verdict.KEEP)
    assert ledger.experiment(3) is None
    kinds = [type(recorded.event) for recorded in ledger.experiment_events(2)]
    assert kinds[0] is Proposed and Concluded in kinds and len(kinds) == 5


def test_a_tree_is_found_by_its_digest(ledger: SqliteLedger) -> None:
    """The first experiment with a digest is named; an unknown one is None."""
    filled(ledger, 2)
    assert ledger.tried(f"{2:064x}") == 2
    assert ledger.tried("f" * 64) is None


def test_the_newest_snapshot_comes_back(ledger: SqliteLedger) -> None:
    """Snapshots are bound to the seq that they fold up to."""
    assert ledger.snapshot() is None
    ledger.append(opened())
    ledger.save_snapshot(b"one")
    ledger.append(session())
    ledger.save_snapshot(b"two")
    assert ledger.snapshot() == (2, b"two")


def test_one_process_holds_a_campaign(ledger: SqliteLedger, tmp_path: Path) -> None:
    """A second holder is refused by name of the first; a holder that was killed leaves nothing."""
    program = (
        "import sys, time; from pathlib import Path; from overnight.research.record.ledger import SqliteLedger\n"
        f"with SqliteLedger(Path({str(tmp_path)!r})).lock(): print('held', flush=True); sys.stdin.read()"
    )
    with started(("-c", program), tmp_path, stdin=subprocess.PIPE) as other:
        assert other.stdout is not None and other.stdout.readline() == "held\n"
        assert holder(tmp_path) == other.pid
        with pytest.raises(CampaignBusy, match=str(other.pid)), ledger.lock():
            pass
        other.kill()
        other.wait()
    assert holder(tmp_path) is None
    with ledger.lock():
        assert holder(tmp_path) == os.getpid()


def test_a_full_disk_is_one_line_and_loses_nothing(ledger: SqliteLedger) -> None:
    """When SQLite says that the disk is full, the user is told, and what was written stays."""
    filled(ledger, 2)
    before = [recorded.digest for recorded in ledger.events()]
    pages = ledger._db.execute("PRAGMA page_count").fetchone()[0]
    ledger._db.execute(f"PRAGMA max_page_count={pages}")
    with pytest.raises(UserError, match="nothing is lost"):
        for number in range(3, 400):
            ledger.append(proposed(number))
    ledger._db.execute("PRAGMA max_page_count=1000000")
    after = [recorded.digest for recorded in ledger.events()]
    assert after[: len(before)] == before


def test_reading_without_a_ledger_says_how_to_start(tmp_path: Path) -> None:
    """No campaign is the user's to fix."""
    with pytest.raises(UserError, match="overnight run"):
        SqliteLedger.for_reading(tmp_path)


def test_the_file_is_an_ordinary_sqlite_database(ledger: SqliteLedger, tmp_path: Path) -> None:
    """Anybody's SQLite opens it."""
    filled(ledger, 1)
    with sqlite3.connect(tmp_path / "ledger.db") as other:
        assert other.execute("SELECT count(*) FROM events").fetchone() == (6,)


def test_two_open_ledgers_share_a_chain(ledger: SqliteLedger, tmp_path: Path) -> None:
    """Each appends after what the other appended; nothing is lost, and the chain holds."""
    other = SqliteLedger(tmp_path)
    for number in range(3):
        ledger.append(session(number))
        other.append(session(number + 0.5))
    assert [recorded.seq for recorded in ledger.events()] == [1, 2, 3, 4, 5, 6]
    other.close()
