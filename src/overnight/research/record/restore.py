"""Restores the state of a campaign from its ledger."""

from contextlib import suppress

from overnight.research.record.port import Ledger
from overnight.research.state import State, fold, fold_all, load_state


def restore(ledger: Ledger) -> State | None:
    """The state of a ledger: its newest snapshot and the events since; None for an empty ledger.

    Raises:
        LedgerCorrupt: an event does not parse or does not follow from the one before.
    """
    kept = ledger.snapshot()
    if kept:
        with suppress(ValueError):  # derived data, perhaps of another version: then fold from the start
            state = load_state(kept[1])
            return fold(state, (recorded.event for recorded in ledger.events(kept[0])))
    return fold_all(recorded.event for recorded in ledger.events())
