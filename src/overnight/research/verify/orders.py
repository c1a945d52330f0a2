"""Whether the orders that wait in a ledger's table are those that wait by its events."""

from collections.abc import Sequence
from contextlib import suppress

from overnight.errors import LedgerCorrupt
from overnight.ledger.pending import OPEN, Item
from overnight.research.events import Ordered, OrderSettled
from overnight.research.findings import Finding
from overnight.research.record.ledger import SqliteLedger
from overnight.research.record.orders import MOST_OPEN, MOST_STOPS
from overnight.research.record.port import Recorded
from overnight.words.quantities import counted, listed

SHOWN = 5  # seqs in a detail


class OrderCheck:
    """Follows the events after it has read the table, since other processes may add orders, and a session settle some."""

    def __init__(self, ledger: SqliteLedger) -> None:
        self._until = 0
        found: Sequence[tuple[Item, Ordered]] = ()
        with suppress(LedgerCorrupt):
            self._until = ledger.newest()
            found = ledger.open_orders(MOST_OPEN + MOST_STOPS)
        self._in_table = {item.key: item for item, _ in found}
        self._waiting: dict[str, Item] = {}  # by the events
        self._settled: dict[str, int] = {}  # the seq at which

    def follow(self, entry: Recorded) -> None:
        """Take the next event."""
        match entry.event:
            case Ordered(key=key) if key not in self._settled:
                self._waiting.setdefault(key, Item(key=key, seq=entry.seq, at=entry.at, state=OPEN))
            case OrderSettled(key=key) if self._waiting.pop(key, None):
                self._settled[key] = entry.seq
            case _:
                pass

    def findings(self) -> list[Finding]:
        """What was found; nothing of a ledger without orders."""
        total = len(self._waiting) + len(self._settled)
        if not (total or self._in_table):
            return []
        lost = [item.seq for key, item in self._waiting.items() if item.seq <= self._until and self._in_table.get(key) != item]
        again = [item.seq for key, item in self._in_table.items() if not self._waits_after(key)]
        if not lost and not again:
            waiting = f", {len(self._waiting)} of them to be acted on" if self._waiting else ""
            return [Finding(what="orders", holds=True, detail=f"{counted(total, 'order')}{waiting}")]
        what = [("would not be acted on as they were given", lost), ("would be acted on, and should not", again)]
        detail = "; ".join(f"those at {listed(map(str, seqs), SHOWN)} {word}" for word, seqs in what if seqs)
        return [Finding(what="orders", holds=False, detail=detail)]

    def _waits_after(self, key: str) -> bool:
        """Whether an order waited by the events when the table was read."""
        return key in self._waiting or self._settled.get(key, 0) > self._until
