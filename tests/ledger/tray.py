"""A ledger with orders, an inbox and an outbox, as an owner with events of its own has them."""

import json
import sqlite3
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from overnight.ledger.file import BUSY_S
from overnight.ledger.owner import Codec, Projection
from overnight.ledger.pending import PendingTable
from overnight.ledger.port import Recorded
from overnight.ledger.store import SqliteEventStore


@dataclass(frozen=True)
class Ordered:
    key: str
    kind: str = "ordered"


@dataclass(frozen=True)
class Did:
    """What an order asked for; "fail" cannot be done."""

    key: str
    kind: str = "did"


@dataclass(frozen=True)
class Received:
    source: str
    external: str
    kind: str = "received"


@dataclass(frozen=True)
class Answered:
    """A message leaves the inbox, and its answers are to be sent."""

    message: str
    keys: tuple[str, ...]
    kind: str = "answered"


@dataclass(frozen=True)
class Delivered:
    key: str
    state: str
    kind: str = "delivered"


Event = Ordered | Did | Received | Answered | Delivered
KINDS: Mapping[str, Callable[..., Event]] = {one.kind: one for one in (Ordered, Did, Received, Answered, Delivered)}


def decode(body: str) -> Event:
    try:
        fields: Mapping[str, Any] = json.loads(body)  # Any: JSON
        return KINDS[fields["kind"]](**{name: tuple(v) if isinstance(v, list) else v for name, v in fields.items()})
    except (TypeError, KeyError) as error:
        raise ValueError(body) from error


CODEC: Codec[Event] = Codec(
    encode=lambda event: json.dumps(asdict(event)).encode(),
    decode=decode,
    kind=lambda event: event.kind,
    subject=lambda _: None,
    subject_column="about",
)
ORDERS: PendingTable[Event] = PendingTable(
    "orders",
    opens={"ordered": lambda event: [event.key] if isinstance(event, Ordered) else []},
    moves={"did": lambda event: [(event.key, "done")] if isinstance(event, Did) else []},
)
INBOX: PendingTable[Event] = PendingTable(
    "inbox",
    opens={"received": lambda event: [f"{event.source} {event.external}"] if isinstance(event, Received) else []},
    moves={"answered": lambda event: [(event.message, "done")] if isinstance(event, Answered) else []},
)
OUTBOX: PendingTable[Event] = PendingTable(
    "outbox",
    opens={"answered": lambda event: event.keys if isinstance(event, Answered) else []},
    moves={"delivered": lambda event: [(event.key, event.state)] if isinstance(event, Delivered) else []},
    waiting=("open", "sending"),
)


class Refusing:
    """Fails for what cannot be done, after the tables before it were changed."""

    schema = ""
    kinds = ("did",)

    def clear(self, db: sqlite3.Connection) -> None:
        pass

    def apply(self, db: sqlite3.Connection, entry: Recorded[Event]) -> None:
        if entry.event == Did("fail"):
            raise RuntimeError("cannot be done")


class Tray(SqliteEventStore[Event]):
    """The ledger."""

    def __init__(
        self,
        folder: Path,
        *,
        tables: Sequence[Projection[Event]] = (ORDERS, INBOX, OUTBOX, Refusing()),
        read_only: bool = False,
        busy_s: float = BUSY_S,
    ) -> None:
        super().__init__(folder, CODEC, projections=tables, read_only=read_only, busy_s=busy_s)

    def event(self, seq: int) -> Event:
        return next(entry.event for entry in self.events(seq - 1))

    def at(self, seq: int) -> float:
        return next(entry.at for entry in self.events(seq - 1))
