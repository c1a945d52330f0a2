"""Restores the state of a campaign from its ledger."""

from dataclasses import dataclass

from overnight.research.record.port import Ledger
from overnight.research.state import State, fold, fold_all, load_state


@dataclass(frozen=True, slots=True, kw_only=True)
class Folded:
    """A state, and the seq of the last event that is in it."""

    seq: int
    state: State


def newest_snapshot(ledger: Ledger) -> Folded | None:
    """What the newest snapshot of this version holds; None if there is none."""
    kept = ledger.snapshot()
    if kept is None:
        return None
    try:
        return Folded(seq=kept[0], state=load_state(kept[1]))
    except ValueError:  # derived data, perhaps of another version
        return None


def restore(ledger: Ledger) -> State | None:
    """The state of a ledger: its newest snapshot and the events since; None for an empty ledger.

    Raises:
        LedgerCorrupt: an event does not parse or does not follow from the one before.
    """
    folded = newest_snapshot(ledger)
    if folded:
        return fold(folded.state, (recorded.event for recorded in ledger.events(folded.seq)))
    return fold_all(recorded.event for recorded in ledger.events())
