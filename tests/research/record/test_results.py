"""`results.tsv` while a campaign runs, and after kills."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from builders import baseline, concluded, opened, proposed, trial

from overnight.research.events import Event
from overnight.research.record.ledger import SqliteLedger
from overnight.research.record.port import Recorded
from overnight.research.record.results import FILE, ResultsKeeper
from overnight.research.record.tsv import ResultsTable, table_rows
from overnight.research.state import begin, dump_state, fold

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
