"""A campaign in which no trial ever had a value begins anew under its tag; its record is set aside and stays whole."""

from itertools import count
from pathlib import Path

from overnight.git.history import GitHistory
from overnight.program.program import Program
from overnight.research.loop.journal import restore
from overnight.research.record.ledger import SqliteLedger
from overnight.research.state import State

LEDGER = "ledger.db"


def set_aside_barren(folder: Path, history: GitHistory, program: Program) -> Path | None:
    """Rename the ledger of a campaign without a value, and take its branch to the commit that is checked out.

    Then program and code may have been fixed in any way, for there is nothing yet that new trials had to compare with. The
    ledger's new place, None where the campaign is to go on. A kill in between leaves what a second call finishes.

    Raises:
        CampaignBusy: another process runs the campaign.
        UserError: somebody changed its ledger.
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
            history.advance(tag=state.tag, old=state.start, new=history.resolve_start())  # no move where somebody else did
            ledger.close()  # the write-ahead log is part of the file now
            return (folder / LEDGER).rename(_unused(folder))
    finally:
        ledger.close()


def is_barren(state: State) -> bool:
    """Whether nothing came of a campaign: no trial had a value and nothing was proposed."""
    return state.next_number == 1 and not state.gate.trials and state.audit is None


def _as_it_was(state: State, history: GitHistory, program: Program) -> bool:
    """Whether a campaign without any trial can go on as it was opened."""
    same = state.program.digest == program.digest and state.start == history.resolve_start()
    return same and not state.tally.trials


def _unused(folder: Path) -> Path:
    return next(path for path in (folder / f"ledger-{n}.db" for n in count(1)) if not path.exists())
