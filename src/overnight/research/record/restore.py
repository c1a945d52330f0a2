"""Restores the state of a campaign from its ledger."""

from dataclasses import dataclass

from overnight.errors import LedgerCorrupt, ProgramError
from overnight.research.record.port import Ledger
from overnight.research.snapshot import load_state
from overnight.research.state import State, fold, fold_all


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

    If an event does not follow from the snapshot, the snapshot may be wrong: the whole ledger is folded.

    Raises:
        LedgerCorrupt: an event does not parse or does not follow from the ones before.
    """
    folded = newest_snapshot(ledger)
    if folded:
        try:
            return fold(folded.state, (recorded.event for recorded in ledger.events(folded.seq)))
        except (ValueError, ProgramError):
            pass
    return _from_the_start(ledger)


def _from_the_start(ledger: Ledger) -> State | None:
    state: State | None = None
    for recorded in ledger.events():
        try:
            state = fold_all([recorded.event]) if state is None else fold(state, [recorded.event])
        except (ValueError, ProgramError) as error:
            intact = recorded.seq - 1
            what = f"event {recorded.seq} does not follow from the ones before it: {error}"
            text = f"the ledger is corrupted: {what}; the first {intact} events are intact and readable"
            raise LedgerCorrupt(text, readable=intact) from error
    return state
