"""`results.tsv` while a campaign runs, and after kills."""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import cast

import pytest
from builders import baseline, concluded, opened, proposed, trial

from overnight.gate.verdict import Verdict
from overnight.research.events import Event, Reopened
from overnight.research.record.ledger import SqliteLedger
from overnight.research.record.port import Ledger, Recorded
from overnight.research.record.results import FILE, ResultsKeeper
from overnight.research.record.tsv import ResultsTable, experiment_row, table_rows
from overnight.research.snapshot import dump_state
from overnight.research.standing import Tally
from overnight.research.state import begin, fold

VERDICTS = (2, 1, 3, 4, 6, 5, 7, 8, 9, 12, 10, 11)  # experiments in the order in which they ended


class Filled:
    """A ledger with a whole campaign in it and snapshots after so many verdicts; counts the full reads of it."""

    def __init__(self, folder: Path, snapshots: tuple[int, ...]) -> None:
        self.ledger = SqliteLedger(folder)
        self.whole_reads = 0
        first: list[Event] = [baseline(0, 5.0), *(proposed(n) for n in sorted(VERDICTS))]
        self.ledger.append(opened(), *first)
        self.state = fold(begin(opened()), first)
        for count, number in enumerate(VERDICTS, start=1):
            events: list[Event] = [trial(number, value=5.0 + number), concluded(number)]
            self.ledger.append(*events)
            self.state = fold(self.state, events)
            if count in snapshots:
                self.ledger.save_snapshot(dump_state(self.state))
        self._events = self.ledger.events
        self.ledger.events = self._counted  # type: ignore[method-assign]  # what is read is the subject

    def _counted(self, after: int = 0) -> Iterator[Recorded]:
        self.whole_reads += after == 0
        return self._events(after)

    def expected(self, path: Path) -> bytes:
        """The table by the whole ledger."""
        ResultsTable(path, self.state.program.metric).rebuild(table_rows(self._events()))
        return path.read_bytes()


@pytest.mark.parametrize(
    ("snapshots", "lost", "reads"), [((10,), 1, 0), ((9, 12), 3, 0), ((10,), 3, 1), ((), 1, 1), ((12,), 0, 0)]
)
def test_rows_that_a_kill_left_out_are_added(tmp_path: Path, snapshots: tuple[int, ...], lost: int, reads: int) -> None:
    """The newest rows are made from the newest events; only rows older than the snapshots need the whole ledger."""
    filled = Filled(tmp_path, snapshots)
    expected = filled.expected(tmp_path / "expected")
    lines = expected.splitlines(keepends=True)
    (tmp_path / FILE).write_bytes(b"".join(lines[: len(lines) - lost]))
    ResultsKeeper(tmp_path, filled.ledger, filled.state)
    assert (tmp_path / FILE).read_bytes() == expected
    assert filled.whole_reads == reads
    filled.ledger.close()


def test_a_table_with_rows_of_its_own_is_rewritten(tmp_path: Path) -> None:
    """Rows that are not in the ledger are removed."""
    filled = Filled(tmp_path, (10,))
    expected = filled.expected(tmp_path / "expected")
    (tmp_path / FILE).write_bytes(expected + b"deadbee\t1.0\t0.0\tkeep\tby hand\n")
    ResultsKeeper(tmp_path, filled.ledger, filled.state)
    assert (tmp_path / FILE).read_bytes() == expected
    filled.ledger.close()


def test_a_row_of_a_person_does_not_stand_for_one_that_a_kill_left_out(tmp_path: Path) -> None:
    """The number of rows is right, but the last one is not ours."""
    filled = Filled(tmp_path, (10,))
    expected = filled.expected(tmp_path / "expected")
    lines = expected.splitlines(keepends=True)
    (tmp_path / FILE).write_bytes(b"".join([*lines[:-1], b"deadbee\t1.0\t0.0\tkeep\tby hand\n"]))
    ResultsKeeper(tmp_path, filled.ledger, filled.state)
    assert (tmp_path / FILE).read_bytes() == expected
    filled.ledger.close()


def test_a_table_that_lacks_a_row_in_between_is_rewritten(tmp_path: Path) -> None:
    """If its last row is not the one of that place, a row before was taken away: nothing is appended twice."""
    filled = Filled(tmp_path, (10,))
    expected = filled.expected(tmp_path / "expected")
    lines = expected.splitlines(keepends=True)
    (tmp_path / FILE).write_bytes(b"".join([*lines[:5], *lines[6:]]))
    ResultsKeeper(tmp_path, filled.ledger, filled.state)
    assert (tmp_path / FILE).read_bytes() == expected
    filled.ledger.close()


def again(number: int) -> list[Event]:
    """An experiment that is measured again after its verdict, with another outcome."""
    reopened = Reopened(number=number, proposed=proposed(number), verdict=Verdict.DISCARD, restart=1)
    return [reopened, trial(number, value=50.0 + number), concluded(number)]


def test_a_verdict_after_another_is_a_row_of_its_own(tmp_path: Path) -> None:
    """What was opened again has a row for each verdict, and the next session finds the table complete."""
    filled = Filled(tmp_path, ())
    keeper = ResultsKeeper(tmp_path, filled.ledger, filled.state)
    for event in again(4):
        filled.ledger.append(event)
        filled.state = fold(filled.state, [event])
        keeper.see(event)
    expected = filled.expected(tmp_path / "expected")
    assert (tmp_path / FILE).read_bytes() == expected
    assert expected.splitlines()[-1].split(b"\t")[1] == b"54.000000"
    before = (tmp_path / FILE).stat().st_ino
    filled.whole_reads = 0
    ResultsKeeper(tmp_path, filled.ledger, filled.state)
    assert filled.whole_reads == 0
    assert (tmp_path / FILE).stat().st_ino == before
    filled.ledger.close()


@pytest.mark.parametrize("lost", [1, 2])
def test_a_lost_row_of_an_earlier_or_a_later_verdict_is_its_own(tmp_path: Path, lost: int) -> None:
    """After a kill each verdict gets the row that it had, not that of the other verdict of its experiment."""
    filled = Filled(tmp_path, (11,))
    filled.ledger.append(*again(11))
    filled.state = fold(filled.state, again(11))
    expected = filled.expected(tmp_path / "expected")
    lines = expected.splitlines(keepends=True)
    (tmp_path / FILE).write_bytes(b"".join(lines[:-lost]) + lines[-lost][:7])
    ResultsKeeper(tmp_path, filled.ledger, filled.state)
    assert (tmp_path / FILE).read_bytes() == expected
    assert filled.whole_reads == 0
    filled.ledger.close()


def test_rows_are_made_of_what_is_seen(tmp_path: Path) -> None:
    """A session that sees an experiment from its proposal on asks the ledger for nothing; else for that experiment alone."""
    filled = Filled(tmp_path, (12,))
    keeper = ResultsKeeper(tmp_path, filled.ledger, filled.state)
    asked: list[int] = []
    of_ledger = filled.ledger.experiment_events

    def events(number: int) -> Sequence[Recorded]:
        asked.append(number)
        return of_ledger(number)

    filled.ledger.experiment_events = events  # type: ignore[method-assign]  # what is read is the subject
    filled.ledger.append(proposed(13))  # by a session before
    for event in (proposed(14), trial(13, value=18.0), trial(14, value=19.0), concluded(14), concluded(13)):
        if event != proposed(13):
            filled.ledger.append(event)
        keeper.see(event)
    assert asked == [13]
    assert (tmp_path / FILE).read_bytes() == filled.expected(tmp_path / "expected")
    filled.ledger.close()


class Long:
    """The parts of a ledger that a keeper asks for, of a campaign too long to write here: its newest verdicts only."""

    def __init__(self, snapshot: bytes, newest: Sequence[int]) -> None:
        self._snapshot = snapshot
        self._newest = newest

    def snapshots(self) -> Sequence[tuple[int, bytes]]:
        """The newest one."""
        return [(1000, self._snapshot)]

    def events(self, after: int = 0) -> Iterator[Recorded]:
        """Those behind the snapshot."""
        assert after == 1000, "the whole ledger was read"
        for number in self._newest:
            yield from self.experiment_events(number)

    def experiment_events(self, number: int) -> Sequence[Recorded]:
        """Those of one experiment."""
        events: list[Event] = [proposed(number), trial(number, value=5.0), concluded(number)]
        return [Recorded(seq=1000 + 3 * number + at, at=0.0, event=event, digest="") for at, event in enumerate(events)]


def test_a_long_table_is_appended_to_when_a_campaign_goes_on(tmp_path: Path) -> None:
    """With 20,000 rows, of which a kill lost a few and tore one, the file stays and only the missing bytes are written."""
    count, lost = 20_000, 7
    state = begin(opened())
    long = Long(dump_state(replace(state, tally=Tally(discard=count - 40))), range(count - 39, count + 1))
    path = tmp_path / FILE
    rows = [experiment_row(long.experiment_events(number)) for number in range(count + 1)]  # the first for the baseline's
    header = b"commit\tloss\tmemory_gb\tstatus\tdescription\n"
    kept = b"".join(row.line() for row in rows[: count + 1 - lost] if row)
    path.write_bytes(header + kept + b"c0199")
    file, size = path.stat().st_ino, len(header + kept)
    ResultsKeeper(tmp_path, cast("Ledger", long), replace(state, tally=Tally(discard=count)))
    content = path.read_bytes()
    assert path.stat().st_ino == file
    assert content[:size] == header + kept
    assert content.count(b"\n") == count + 2  # the header and the baseline's
    assert content[size:].count(b"\n") == lost
