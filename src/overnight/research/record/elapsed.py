"""How long a campaign that runs has run until now, of which its newest event knows nothing."""

from overnight.research.events import AuditConcluded, Concluded, SessionStarted, TrialFinished
from overnight.research.record.port import Ledger
from overnight.research.record.restore import newest_snapshot
from overnight.research.state import State

WITH_CLOCK = (SessionStarted, TrialFinished, Concluded, AuditConcluded)


def elapsed_at(ledger: Ledger, state: State, now: float) -> float:
    """The clock of a running campaign at `now`, Unix time in s: that of its newest event that has it, and the time since.

    A wall clock that was put back adds nothing.
    """
    if state.stopped:
        return state.elapsed_s
    folded = newest_snapshot(ledger)
    elapsed_s, since = 0.0, now
    for recorded in ledger.events(max(0, folded.seq - 1) if folded else 0):  # a snapshot ends with such an event
        event = recorded.event
        if isinstance(event, WITH_CLOCK) and event.elapsed_s >= elapsed_s:
            elapsed_s, since = event.elapsed_s, recorded.at
    return max(state.elapsed_s, elapsed_s + max(0.0, now - since))
