"""The ledger of a campaign: chained, paged, held by one process."""

import os
import sqlite3
import subprocess
from collections.abc import Sequence
from pathlib import Path

import pytest
from builders import advanced, baseline, concluded, opened, proposed, searched, session, trial
from sqlite_stores import TAMPERED, SqliteConformance
from targets import started

from overnight.errors import CampaignBusy, LedgerCorrupt, UserError
from overnight.gate.verdict import Verdict
from overnight.ledger.lock import holder
from overnight.research.events import Concluded, Event, Proposed
from overnight.research.history import experiment_number
from overnight.research.record.ledger import SqliteLedger
from overnight.research.search_trial import SearchTrial


class TestConformance(SqliteConformance[Event]):
    """The port of any event store, with a campaign's events."""

    def open(self, folder: Path) -> SqliteLedger:
        return SqliteLedger(folder)

    def open_to_read(self, folder: Path) -> SqliteLedger:
        return SqliteLedger.for_reading(folder)

    def some(self) -> Sequence[Event]:
        return [opened(), session(), proposed(1), trial(1), concluded(1)]

    def subject(self, event: Event) -> int | None:
        return experiment_number(event)


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


@pytest.mark.parametrize(
    "damage", ["UPDATE events SET body=replace(body, 'idea 2', 'idea 9') WHERE kind='proposed'", *TAMPERED.values()]
)
def test_a_session_does_not_begin_on_a_broken_chain(ledger: SqliteLedger, damage: str) -> None:
    """The user learns how much is intact, that nothing was done, and what to type."""
    filled(ledger)
    ledger._db.execute(damage)
    with pytest.raises(LedgerCorrupt, match="intact and readable") as caught:
        list(ledger.events())
    with pytest.raises(UserError, match=f"the first {caught.value.readable} events are intact .*overnight verify.*--salvage"):
        ledger.require_intact()


def test_a_whole_chain_is_taken_up(ledger: SqliteLedger) -> None:
    """With events and without; a session must not continue if the end is missing."""
    ledger.require_intact()
    filled(ledger)
    ledger.save_snapshot(b"{}")
    ledger.require_intact()
    ledger._db.execute("DELETE FROM events WHERE seq=(SELECT max(seq) FROM events)")
    with pytest.raises(UserError, match="the newest are missing"):
        ledger.require_intact()


def test_a_file_of_garbage_says_what_to_type(tmp_path: Path) -> None:
    """A ledger that is not a database says so."""
    (tmp_path / "ledger.db").write_bytes(b"garbage" * 1000)
    with pytest.raises(LedgerCorrupt, match=r"corrupted.*overnight verify"):
        SqliteLedger(tmp_path)


def test_pages_are_dense_and_bounded(ledger: SqliteLedger) -> None:
    """Newest first, any offset, no more than asked for."""
    filled(ledger, 7)
    page = ledger.experiments(offset=2, limit=3)
    assert (page.total, [e.number for e in page.experiments]) == (7, [5, 4, 3])
    oldest = ledger.experiments(limit=2, newest_first=False)
    assert [e.number for e in oldest.experiments] == [1, 2]
    assert ledger.experiments(offset=100).experiments == []


def test_pages_of_one_verdict(ledger: SqliteLedger) -> None:
    """Their total is that of the verdict, and pages go on where the last one ended."""
    for event in (opened(), session()):
        ledger.append(event)
    for number in range(1, 8):
        ledger.append(proposed(number))
        ledger.append(concluded(number, Verdict.REJECT if number % 2 else Verdict.DISCARD))
    page = ledger.experiments(limit=2, verdict=Verdict.REJECT)
    assert ([experiment.number for experiment in page.experiments], page.total) == ([7, 5], 4)
    rest = ledger.experiments(offset=2, limit=9, newest_first=False, verdict=Verdict.REJECT)
    assert [experiment.number for experiment in rest.experiments] == [5, 7]
    assert ledger.experiments(verdict=Verdict.KEEP).total == 0


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


def test_one_process_holds_a_campaign(ledger: SqliteLedger, tmp_path: Path) -> None:
    """A second holder is refused with the process of the first; a killed holder leaves nothing."""
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


def test_reading_without_a_ledger_says_how_to_start(tmp_path: Path) -> None:
    """A missing campaign is the user's mistake."""
    with pytest.raises(UserError, match="overnight run"):
        SqliteLedger.for_reading(tmp_path)


def test_the_tables_are_those_of_version_0_1(ledger: SqliteLedger) -> None:
    """A ledger that is written now has what one of 0.1.0 has, as it was, so that either reads it; orders are beside it."""

    def names(db: sqlite3.Connection) -> dict[str, list[tuple[object, ...]]]:
        found = [name for (name,) in db.execute("SELECT name FROM sqlite_schema WHERE name NOT LIKE 'sqlite_%' ORDER BY name")]
        return {name: db.execute(f"PRAGMA table_xinfo({name})").fetchall() for name in found}

    old = sqlite3.connect(":memory:")
    old.executescript((Path(__file__).parents[2] / "walks/old_ledgers/finished/ledger.sql").read_text())
    today = names(ledger._db)
    assert {name for name in today if name not in names(old)} == {"orders", "orders_that_wait"}
    assert {name: today[name] for name in names(old)} == names(old) and len(names(old)) == 7
    assert ledger._db.execute("PRAGMA user_version").fetchone() == old.execute("PRAGMA user_version").fetchone()
    old.close()


def test_the_newest_search_trials_are_found(ledger: SqliteLedger) -> None:
    """Oldest first, as researchers know them, whatever else is in the record; no experiment has them."""
    filled(ledger)
    ledger.append(searched(0), searched(1, None), baseline(9, 1.0), searched(2, 3.0, role="r", repeat=4))
    first, second = ledger.search_trials(2)
    assert (first.notes, first.value) == ({"index": 1}, None)
    assert second == SearchTrial(base="a" * 40, role="r", notes={"index": 2}, repeat=4, value=3.0, wall_s=0.5)
    assert len(ledger.search_trials(50)) == 3 and ledger.search_trials(0) == []
    assert ledger.experiment(0) is None


def test_what_is_derived_can_be_rebuilt(ledger: SqliteLedger) -> None:
    """The same rows as while the campaign ran, also if something happened after the verdict."""
    filled(ledger)
    ledger.append(proposed(4), trial(4, 0, value=2.0), concluded(4, Verdict.KEEP))
    ledger.append(advanced(4))
    before = list(ledger._db.iterdump())
    ledger._db.execute("UPDATE experiments SET body='{}', tree='junk' WHERE number=2")
    ledger._db.execute("DELETE FROM experiments WHERE number=4")
    ledger.reindex()
    assert list(ledger._db.iterdump()) == before
