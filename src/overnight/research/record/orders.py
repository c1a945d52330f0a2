"""The orders of a campaign in its ledger: any process places one, the session that holds the campaign acts on it.

Does not cover: who may order. Whoever can write to the folder can; what lets others order asks them first.
"""

import secrets
import sqlite3
from collections.abc import Iterable

from overnight.errors import UserError
from overnight.ledger.pending import PendingTable
from overnight.ledger.store import SqliteEventStore
from overnight.research.event_text import encode
from overnight.research.events import Event, Ordered, OrderSettled
from overnight.research.order import LONGEST_KEY, LONGEST_NAME, MOST_EDITS, ChangeIdeas, Giver, Order, StopSession
from overnight.words.foreign import one_line
from overnight.words.quantities import size_text

MOST_OPEN = 1000  # orders that wait
LARGEST = 256_000  # bytes of an order
MOST_STOPS = 100  # further ones that a stop may be among, as it must not be kept out by others


def _opened(event: Event) -> Iterable[str]:
    return [event.key] if isinstance(event, Ordered) else []


def _settled(event: Event) -> Iterable[tuple[str, str]]:
    return [(event.key, event.outcome.value)] if isinstance(event, OrderSettled) else []


ORDERS: PendingTable[Event] = PendingTable("orders", opens={"ordered": _opened}, moves={"order_settled": _settled})


def place_in(ledger: SqliteEventStore[Event], order: Order, giver: Giver, *, key: str = "") -> bool:
    """Place an order; False, changing nothing, if there is one with this key. Without a key it is always a new one.

    Raises:
        UserError: it is too large, too many orders wait, or the campaign has not begun.
    """
    if isinstance(order, ChangeIdeas) and len(order.edits) > MOST_EDITS:
        raise UserError(f"an order changes at most {MOST_EDITS} ideas", fix="give several orders")
    ordered = Ordered(
        key=one_line(key, LONGEST_KEY) or secrets.token_hex(8),
        by=one_line(giver.by, LONGEST_NAME),
        origin=one_line(giver.origin, LONGEST_NAME),
        order=order,
    )
    _require_fit(ordered)
    most = MOST_OPEN + MOST_STOPS * isinstance(order, StopSession)
    admits = ORDERS.admits(ordered.key, most)
    if ledger.append_if(lambda db: _has_begun(db) and admits(db), ordered) is not None:
        return True
    with ledger.reading() as db:
        if ORDERS.find(db, ordered.key):
            return False
        if not _has_begun(db):
            raise UserError("the campaign has not begun yet", fix="try again in a moment")
    raise UserError(f"{most} orders wait already", fix="`overnight run` acts on them; then try again")


def _require_fit(ordered: Ordered) -> None:
    try:
        size = len(encode(ordered))
    except ValueError as error:
        raise UserError("the order has text that is not Unicode", fix="write it in UTF-8") from error
    if size > LARGEST:
        raise UserError(f"the order has {size_text(size)}, more than {size_text(LARGEST)}", fix="say it in fewer words")


def _has_begun(db: sqlite3.Connection) -> bool:
    return db.execute("SELECT 1 FROM events LIMIT 1").fetchone() is not None
