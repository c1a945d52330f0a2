"""Keeps `results.tsv` up to date while a campaign runs."""

from pathlib import Path

from overnight.core.state import State
from overnight.events import Concluded, Sign
from overnight.ports import Ledger
from overnight.report.tsv import ResultsTable, experiment_row, table_rows

FILE = "results.tsv"


class ResultsKeeper:
    """Adds a row for each verdict; at the start it writes the table anew where it is not what the ledger says."""

    def __init__(self, folder: Path, ledger: Ledger, state: State) -> None:
        self._table = ResultsTable(folder / FILE, state.program.metric)
        self._ledger = ledger
        tally = state.tally
        expected = tally.keep + tally.discard + tally.crash + tally.reject + 1  # the first row is the baseline
        self._whole = self._table.mend() == expected
        if expected > 1 and not self._whole:
            self._rebuild()

    def see(self, sign: Sign) -> None:
        """Take in one sign."""
        if not isinstance(sign, Concluded):
            return
        if not self._whole:  # the baseline's row comes with the first verdict
            self._rebuild()
        elif row := experiment_row(self._ledger.trials(sign.number)):
            self._table.append(row)

    def _rebuild(self) -> None:
        self._table.rebuild(table_rows(self._ledger.events()))
        self._whole = True
