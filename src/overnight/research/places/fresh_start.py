"""A campaign in which no trial had a value starts over under its tag; its record is set aside intact."""

import os
from itertools import count
from pathlib import Path

from overnight.git.history import GitHistory
from overnight.program.program import Program
from overnight.research.record.ledger import SqliteLedger
from overnight.research.record.restore import restore
from overnight.research.state import State

LEDGER = "ledger.db"


def set_aside_barren(folder: Path, history: GitHistory, program: Program) -> Path | None:
    """Rename the ledger of a campaign without a value, and move its branch to the checked-out commit.

    Program and code may then have been fixed in any way: there is nothing yet to compare new trials with. Returns the
    ledger's new path, None if the campaign goes on. If a kill interrupts it, a second call finishes it.

    Raises:
        CampaignBusy: another process runs the campaign.
        UserError: its ledger was changed by hand.
    """
    if not (folder / LEDGER).is_file():
        return None
    ledger = SqliteLedger(folder)
    try:
        with ledger.lock():
            if ledger.experiments(limit=1).total:
                return None
            ledger.require_intact()
            state = restore(ledger)
            if state is None or not is_barren(state) or _as_it_was(state, history, program):
                return None
            history.advance(tag=state.tag, old=state.start, new=history.resolve_start())  # no move if someone else did
            ledger.close()  # the write-ahead log is part of the file now
            return (folder / LEDGER).rename(_unused(folder))
    finally:
        ledger.close()


def is_barren(state: State) -> bool:
    """Whether a campaign has no results: no trial had a value and nothing was proposed."""
    return state.next_number == 1 and not state.gate.trials and state.audit is None


def _as_it_was(state: State, history: GitHistory, program: Program) -> bool:
    """Whether a campaign without any trial can go on as it was opened."""
    same = state.program.digest == program.digest and state.start == history.resolve_start()
    return same and not state.tally.trials


def _unused(folder: Path) -> Path:
    return next(path for path in (folder / f"ledger-{n}.db" for n in count(1)) if not os.path.lexists(path))
