"""Restores the state of a campaign from its ledger."""

from collections.abc import Iterable
from dataclasses import dataclass

from overnight.errors import LedgerCorrupt, ProgramError
from overnight.research.record.port import Ledger, Recorded
from overnight.research.snapshot import load_state
from overnight.research.state import State, fold, fold_all


@dataclass(frozen=True, slots=True, kw_only=True)
class Folded:
    """A state, and the last event that is in it."""

    seq: int
    state: State
    digest: str = ""  # of that event, if it was read; a snapshot does not say


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
    folded = restore_from(ledger, newest_snapshot(ledger))
    return folded.state if folded else None


def restore_from(ledger: Ledger, folded: Folded | None) -> Folded | None:
    """The same, from what is folded already; with the seq of the last event."""
    if folded:
        try:
            return _further(folded, ledger.events(folded.seq))
        except (ValueError, ProgramError):
            pass
    return _from_the_start(ledger)


def _further(folded: Folded, entries: Iterable[Recorded]) -> Folded:
    for entry in entries:
        folded = Folded(seq=entry.seq, state=fold(folded.state, [entry.event]), digest=entry.digest)
    return folded


def _from_the_start(ledger: Ledger) -> Folded | None:
    folded: Folded | None = None
    for recorded in ledger.events():
        try:
            if folded is None:
                first = fold_all([recorded.event])
                folded = Folded(seq=recorded.seq, state=first, digest=recorded.digest) if first else None
            else:
                folded = _further(folded, [recorded])
        except (ValueError, ProgramError) as error:
            intact = recorded.seq - 1
            what = f"event {recorded.seq} does not follow from the ones before it: {error}"
            text = f"the ledger is corrupted: {what}; the first {intact} events are intact and readable"
            raise LedgerCorrupt(text, readable=intact) from error
    return folded
