"""Keeps `results.tsv` up to date while a campaign runs."""

from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

from overnight.research.events import Concluded, Moved, Proposed, Reopened, Sign, TrialFinished
from overnight.research.record.port import Ledger
from overnight.research.record.tsv import PendingRow, ResultRow, ResultsTable, experiment_row, table_rows
from overnight.research.snapshot import load_state
from overnight.research.standing import Tally
from overnight.research.state import State

FILE = "results.tsv"


class ResultsKeeper:
    """Adds a row for each verdict, and at the start the newest rows that a kill left out, at a cost of their number alone.

    The file itself stays. It is written anew only if it is gone, or has other rows than ours, as their number and its last one
    show; what is changed in a row before is left as it is.
    """

    def __init__(self, folder: Path, ledger: Ledger, state: State) -> None:
        self._table = ResultsTable(folder / FILE, state.program.metric)
        self._ledger = ledger
        self._pending: dict[int, PendingRow] = {}  # experiments that were proposed or opened again in this session
        expected = _rows_of(state.tally)
        found = self._table.fix()
        self._whole = self._append_newest(found, expected)
        if expected > 1 and not self._whole:
            self._rebuild()

    def see(self, sign: Sign) -> None:
        """Handle one sign."""
        match sign:
            case Proposed(number=number) | Reopened(number=number):
                self._pending[number] = PendingRow()
                self._pending[number].take(sign)
            case Moved(number=number) if number in self._pending:
                self._pending[number].take(sign)
            case TrialFinished(trial=trial) if trial.key.experiment in self._pending:
                self._pending[trial.key.experiment].take(sign)
            case Concluded(number=number):
                self._add(self._pending.pop(number, None), sign)
            case _:
                pass

    def _add(self, pending: PendingRow | None, verdict: Concluded) -> None:
        if not self._whole:  # the baseline's row comes with the first verdict
            self._rebuild()
        elif row := pending.take(verdict) if pending else experiment_row(self._ledger.experiment_events(verdict.number)):
            self._table.append(row)

    def _append_newest(self, found: int, expected: int) -> bool:
        """Append the missing rows of the newest verdicts; return whether the table is then complete.

        If the last row that is there is not the one that it should be, somebody took another away, and nothing is appended.
        """
        for seq, known in self._marks():
            if known <= found <= expected and found:
                if not seq and found == expected:
                    return True  # only the whole ledger could say more
                rows = list(self._rows_after(seq) if seq else table_rows(self._ledger.events()))
                if known + len(rows) != expected or (found > known and rows[found - known - 1].line() != self._table.last()):
                    return False
                if found < expected:
                    self._table.append(*rows[found - known :])
                return True
        return False

    def _marks(self) -> Iterator[tuple[int, int]]:
        """From where rows can be made: an event, and how many rows there are up to it; the newest first."""
        for seq, snapshot in reversed(self._ledger.snapshots()):
            with suppress(ValueError):  # a snapshot of another version does not count
                yield seq, _rows_of(load_state(snapshot).tally)
        yield 0, 0

    def _rows_after(self, seq: int) -> Iterator[ResultRow]:
        """The rows of the verdicts since an event."""
        for entry in self._ledger.events(seq):
            if isinstance(entry.event, Concluded):
                until = [known for known in self._ledger.experiment_events(entry.event.number) if known.seq <= entry.seq]
                if row := experiment_row(until):
                    yield row

    def _rebuild(self) -> None:
        self._table.rebuild(table_rows(self._ledger.events()))
        self._whole = True


def _rows_of(tally: Tally) -> int:
    """How many rows a complete table has: the baseline's, and one for each verdict, also of what was opened again after it."""
    return 1 + tally.keep + tally.discard + tally.crash + tally.reject + tally.reopened
