"""A campaign in which no trial had a value starts over under its tag; its record is set aside intact."""

import os
from itertools import count
from pathlib import Path

from overnight.git.history import GitHistory
from overnight.program.program import Program
from overnight.research.events import OrderSettled
from overnight.research.idea import AddIdea
from overnight.research.order import ChangeIdeas, Outcome
from overnight.research.places.orders import IDEAS, add_idea
from overnight.research.record.ledger import SqliteLedger
from overnight.research.record.restore import restore
from overnight.research.state import State

LEDGER = "ledger.db"
LOOKED_AT = 100  # orders at a time


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
            _keep_ideas(ledger, folder)
            history.advance(tag=state.tag, old=state.start, new=history.resolve_start())  # no move if someone else did
            ledger.close()  # the write-ahead log is part of the file now
            return (folder / LEDGER).rename(_unused(folder))
    finally:
        ledger.close()


def _keep_ideas(ledger: SqliteLedger, folder: Path) -> None:
    """Write the ideas that were ordered into the file of ideas, which the campaign reads when it starts over.

    A kill in between writes them twice, and the queue takes each once.
    """
    while orders := ledger.open_orders(LOOKED_AT):
        settled = []
        for _, ordered in orders:
            edits = ordered.order.edits if isinstance(ordered.order, ChangeIdeas) else ()
            added = [edit for edit in edits if isinstance(edit, AddIdea)]
            for edit in added:
                add_idea(folder, f"{edit.text} ({edit.risk})" if edit.risk else edit.text)
            outcome, reason = (Outcome.DONE, f"now in {IDEAS}") if added else (Outcome.REFUSED, "the campaign starts over")
            settled.append(OrderSettled(key=ordered.key, outcome=outcome, reason=reason))
        ledger.append(*settled)


def is_barren(state: State) -> bool:
    """Whether a campaign has no results: no trial had a value and nothing was proposed."""
    return state.next_number == 1 and not state.gate.trials and state.audit is None


def _as_it_was(state: State, history: GitHistory, program: Program) -> bool:
    """Whether a campaign without any trial can go on as it was opened."""
    same = state.program.digest == program.digest and state.start == history.resolve_start()
    return same and not state.tally.trials


def _unused(folder: Path) -> Path:
    return next(path for path in (folder / f"ledger-{n}.db" for n in count(1)) if not os.path.lexists(path))
