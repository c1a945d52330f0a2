"""A process that looks at a campaign again folds only what is new, and notices another ledger in its place."""

import shutil
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest
from builders import baseline, concluded, opened, proposed, session, trial

from overnight.research.events import Event
from overnight.research.record import remembered
from overnight.research.record.ledger import SqliteLedger
from overnight.research.record.port import Recorded
from overnight.research.record.remembered import Remembered
from overnight.research.record.restore import restore


def write(folder: Path, *events: Event) -> None:
    with closing(SqliteLedger(folder)) as ledger:
        ledger.append(*events)


def test_only_new_events_are_folded(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The second look reads the events since the first, and none of those before."""
    write(tmp_path, opened(), session(), *(baseline(n, 5.0) for n in range(3)))
    read: list[int] = []
    known = Remembered()
    with closing(SqliteLedger(tmp_path)) as ledger:
        events = ledger.events

        def watched(after: int = 0) -> Iterator[Recorded]:
            for entry in events(after):
                read.append(entry.seq)
                yield entry

        monkeypatch.setattr(ledger, "events", watched)
        assert known.state(tmp_path, ledger) == restore(ledger)
        read.clear()
        ledger.append(proposed(1), trial(1))
        state = known.state(tmp_path, ledger)
        assert read == [6, 7]
        assert state == restore(ledger)
        read.clear()
        assert known.state(tmp_path, ledger) == state
        assert read == []


def test_another_ledger_in_its_place_is_read_anew(tmp_path: Path) -> None:
    """A restored copy, or a campaign that starts over, is no continuation of what was read, however long it is."""
    here, other = tmp_path / "here", tmp_path / "other"
    here.mkdir()
    write(here, opened(), session(), proposed(1), trial(1), concluded(1))
    known = Remembered()
    with closing(SqliteLedger(here)) as ledger:
        assert (found := known.state(here, ledger)) and found.tally.discard == 1
    here.rename(other)
    here.mkdir()
    write(here, opened(), session(), *(baseline(n, 5.0) for n in range(9)))
    with closing(SqliteLedger(here)) as ledger:
        assert (found := known.state(here, ledger)) and found.tally.discard == 0
    shutil.rmtree(here)
    here.mkdir()
    with closing(SqliteLedger(here)) as ledger:
        assert known.state(here, ledger) is None


def test_few_campaigns_are_remembered(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Memory is bounded: those that were looked at longest ago are forgotten."""
    monkeypatch.setattr(remembered, "MOST", 2)
    known = Remembered()
    for name in "abc":
        (tmp_path / name).mkdir()
        write(tmp_path / name, opened())
        with closing(SqliteLedger(tmp_path / name)) as ledger:
            known.state(tmp_path / name, ledger)
    assert list(known._known) == [tmp_path / "b", tmp_path / "c"]
