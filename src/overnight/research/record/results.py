"""Keeps `results.tsv` up to date while a campaign runs."""

from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

from overnight.research.events import Concluded, Sign
from overnight.research.record.port import Ledger
from overnight.research.record.tsv import ResultRow, ResultsTable, experiment_row, table_rows
from overnight.research.standing import Tally
from overnight.research.state import State, load_state

FILE = "results.tsv"


class ResultsKeeper:
    """Adds a row for each verdict, and at the start the newest rows that a kill left out, at a cost of their number alone.

    Only a table that lacks more rows than were added since the ledger's snapshots, or has rows of its own, is rewritten.
    """

    def __init__(self, folder: Path, ledger: Ledger, state: State) -> None:
        self._table = ResultsTable(folder / FILE, state.program.metric)
        self._ledger = ledger
        expected = _rows_of(state.tally)
        found = self._table.fix()
        self._whole = found == expected or self._append_newest(found, expected)
        if expected > 1 and not self._whole:
            self._rebuild()

    def see(self, sign: Sign) -> None:
        """Handle one sign."""
        if not isinstance(sign, Concluded):
            return
        if not self._whole:  # the baseline's row comes with the first verdict
            self._rebuild()
        elif row := experiment_row(self._ledger.experiment_events(sign.number)):
            self._table.append(row)

    def _append_newest(self, found: int, expected: int) -> bool:
        """Append the missing rows of the newest verdicts; return whether the table is then complete."""
        for seq, snapshot in reversed(self._ledger.snapshots()):
            known = expected
            with suppress(ValueError):  # a snapshot of another version does not count
                known = _rows_of(load_state(snapshot).tally)
            if known <= found < expected:
                rows = list(self._rows_after(seq))[found - known :]
                self._table.append(*rows)
                return found + len(rows) == expected
        return False

    def _rows_after(self, seq: int) -> Iterator[ResultRow]:
        """The rows of the verdicts since an event."""
        for entry in self._ledger.events(seq):
            if isinstance(entry.event, Concluded) and (
                row := experiment_row(self._ledger.experiment_events(entry.event.number))
            ):
                yield row

    def _rebuild(self) -> None:
        self._table.rebuild(table_rows(self._ledger.events()))
        self._whole = True


def _rows_of(tally: Tally) -> int:
    """How many rows a complete table has; the first is the baseline's."""
    return 1 + tally.keep + tally.discard + tally.crash + tally.reject
