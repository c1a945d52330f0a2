"""States that this process has folded: who looks at a campaign again folds only what is new.

A campaign of another version of ours has no snapshot that we can read, and a session has to write one: to fold 10,000
experiments takes seconds, which a server must not spend on each look.
"""

import threading
from functools import cache
from pathlib import Path

from overnight.research.record.ledger import SqliteLedger
from overnight.research.record.restore import Folded, newest_snapshot, restore_from
from overnight.research.state import State

MOST = 64  # campaigns, those that were looked at last


class Remembered:
    """The newest state of each campaign, by its folder."""

    def __init__(self) -> None:
        self._known: dict[Path, Folded] = {}
        self._lock = threading.Lock()

    def state(self, folder: Path, ledger: SqliteLedger) -> State | None:
        """The state of a ledger, as `restore` gives it."""
        with self._lock:
            known = self._known.get(folder)
        if known is None or not ledger.has(known.seq, known.digest):
            known = newest_snapshot(ledger)
        folded = restore_from(ledger, known)
        if folded is None:
            return None
        with self._lock:
            self._known.pop(folder, None)
            self._known[folder] = folded
            if len(self._known) > MOST:
                del self._known[next(iter(self._known))]
        return folded.state


@cache
def remembered() -> Remembered:
    """Those of this process."""
    return Remembered()
