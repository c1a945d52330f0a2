"""Tables derived from a claw's events: what waits to be looked at, to be sent, to be due, and who is who."""

import sqlite3
from collections.abc import Sequence

from overnight.claw.events import (
    Adopted,
    Answered,
    CallBegun,
    CallEnded,
    Event,
    FactSet,
    Finished,
    Fired,
    Noticed,
    Paired,
    Parked,
    Received,
    Released,
    Restored,
    Resumed,
    SendChanged,
    SendState,
    Stopped,
    Unpaired,
    WentOn,
)
from overnight.claw.record.derived import Derived
from overnight.ledger.pending import Item, PendingTable
from overnight.ledger.port import Recorded

WAITING = (SendState.SENDING, SendState.WAITS)


def cause_key(event: Event) -> str:
    """What tells a cause from any other; the same one comes once."""
    match event:
        case Received(channel=channel, id=id_):
            return f"message {channel} {id_}"
        case Fired(schedule=schedule, item=item) if item:
            return f"due {schedule} item {item}"
        case Fired(schedule=schedule, due=due, run=run):
            return f"due {schedule} {due}" if not run else f"due {schedule} run {run}"
        case Finished(task=task):
            return f"task {task}"
        case Resumed(key=key):
            return f"resumed {key}"
        case _:
            return ""


class Causes(Derived):
    """Messages and what fell due, each with how far its turn is; implements `Projection`."""

    kinds = ("received", "fired", "finished", "resumed", "answered", "parked")
    schema = """
    CREATE TABLE IF NOT EXISTS causes(
      seq INTEGER PRIMARY KEY, key TEXT UNIQUE NOT NULL, at REAL NOT NULL, kind TEXT NOT NULL, answered INTEGER,
      until REAL NOT NULL DEFAULT 0);
    CREATE INDEX IF NOT EXISTS open_causes ON causes(seq) WHERE answered IS NULL;
    """

    def apply(self, db: sqlite3.Connection, entry: Recorded[Event]) -> None:
        """Open a cause, or say that its turn has ended."""
        if isinstance(entry.event, Answered):
            db.execute("UPDATE causes SET answered=? WHERE seq=?", (entry.seq, entry.event.turn))
            return
        if isinstance(entry.event, Parked):
            db.execute("UPDATE causes SET until=? WHERE seq=?", (entry.event.until, entry.event.turn))
            return
        row = (entry.seq, cause_key(entry.event), entry.at, entry.event.kind)
        db.execute("INSERT OR IGNORE INTO causes(seq, key, at, kind) VALUES(?,?,?,?)", row)


class Calls(Derived):
    """Calls of operations, and what became of each; implements `Projection`."""

    kinds = ("call_begun", "call_ended")
    schema = """
    CREATE TABLE IF NOT EXISTS calls(
      turn INTEGER NOT NULL, call INTEGER NOT NULL, seq INTEGER NOT NULL, end TEXT NOT NULL, approval INTEGER NOT NULL,
      PRIMARY KEY(turn, call)) WITHOUT ROWID;
    CREATE INDEX IF NOT EXISTS asked_calls ON calls(seq) WHERE end = 'asked';
    """

    def apply(self, db: sqlite3.Connection, entry: Recorded[Event]) -> None:
        """Note that a call begins or has ended."""
        match entry.event:
            case CallBegun(turn=turn, call=call):
                db.execute("INSERT OR REPLACE INTO calls VALUES(?,?,?,'',0)", (turn, call, entry.seq))
            case CallEnded(turn=turn, call=call, end=end, approval=approval):
                query = "UPDATE calls SET end=?, approval=?, seq=? WHERE turn=? AND call=?"
                db.execute(query, (end.value, approval, entry.seq, turn, call))
            case _:
                pass


class Facts(Derived):
    """What is known, and what was corrected; implements `Projection`."""

    kinds = ("fact_set",)
    schema = """
    CREATE TABLE IF NOT EXISTS facts(seq INTEGER PRIMARY KEY, superseded INTEGER NOT NULL DEFAULT 0);
    """

    def apply(self, db: sqlite3.Connection, entry: Recorded[Event]) -> None:
        """Add a fact; those that it corrects stand no more."""
        if isinstance(entry.event, FactSet):
            db.execute("INSERT INTO facts(seq) VALUES(?)", (entry.seq,))
            rows = [(entry.seq, number) for number in entry.event.supersedes]
            db.executemany("UPDATE facts SET superseded=? WHERE seq=?", rows)


class Persons(Derived):
    """Whose each address is, and whether the claw may act; implements `Projection`."""

    kinds = ("paired", "unpaired", "stopped", "went_on", "restored", "adopted")
    schema = """
    CREATE TABLE IF NOT EXISTS addresses(
      channel TEXT NOT NULL, id TEXT NOT NULL, person TEXT NOT NULL, role TEXT NOT NULL, seq INTEGER NOT NULL,
      PRIMARY KEY(channel, id)) WITHOUT ROWID;
    CREATE TABLE IF NOT EXISTS standing(key TEXT PRIMARY KEY, value INTEGER NOT NULL) WITHOUT ROWID;
    """

    def apply(self, db: sqlite3.Connection, entry: Recorded[Event]) -> None:
        """Note who is who, or that it has to stop."""
        match entry.event:
            case Paired(address=address, person=person, role=role):
                row = (address.channel, address.id, person, role.value, entry.seq)
                db.execute("INSERT OR REPLACE INTO addresses VALUES(?,?,?,?,?)", row)
            case Unpaired(address=address):
                db.execute("DELETE FROM addresses WHERE channel=? AND id=?", (address.channel, address.id))
            case Stopped() | WentOn():
                stopped = entry.seq if isinstance(entry.event, Stopped) else 0
                db.execute("INSERT OR REPLACE INTO standing VALUES('stopped', ?)", (stopped,))
            case Restored() | Adopted():
                frozen = entry.seq if isinstance(entry.event, Restored) else 0
                db.execute("INSERT OR REPLACE INTO standing VALUES('frozen', ?)", (frozen,))
            case _:
                pass


def _keys(event: Event) -> Sequence[str]:
    return [send.key for send in event.sends] if isinstance(event, Answered | Parked | Noticed | Released) else ()


def _moved(event: Event) -> Sequence[tuple[str, str]]:
    return [(event.key, event.state.value)] if isinstance(event, SendChanged) else ()


def _given_up(event: Event) -> Sequence[tuple[str, str]]:
    return [(key, SendState.GIVEN_UP.value) for key in event.given_up] if isinstance(event, Adopted) else ()


SENDS: PendingTable[Event] = PendingTable(
    "sends",
    opens={"answered": _keys, "parked": _keys, "noticed": _keys, "released": _keys},
    moves={"send_changed": _moved, "adopted": _given_up},
    waiting=("open", *(state.value for state in WAITING)),
)


class Waiting(Derived):
    """What of `SENDS` still waits, by channel: what one channel cannot send keeps no other waiting; implements `Projection`."""

    kinds = tuple(SENDS.kinds)
    schema = """
    CREATE TABLE IF NOT EXISTS waiting_sends(
      channel TEXT NOT NULL, seq INTEGER NOT NULL, key TEXT NOT NULL, PRIMARY KEY(channel, seq, key)) WITHOUT ROWID;
    CREATE INDEX IF NOT EXISTS waiting_sends_by_key ON waiting_sends(key);
    """

    def apply(self, db: sqlite3.Connection, entry: Recorded[Event]) -> None:
        """Add what is to go out, and take away what waits no more."""
        match entry.event:
            case Answered(sends=sends) | Parked(sends=sends) | Noticed(sends=sends) | Released(sends=sends):
                rows = [(send.to.channel, entry.seq, send.key) for send in sends]
                db.executemany("INSERT OR IGNORE INTO waiting_sends VALUES(?,?,?)", rows)
            case SendChanged(key=key, state=state) if state not in WAITING:
                db.execute("DELETE FROM waiting_sends WHERE key=?", (key,))
            case Adopted(given_up=keys):
                db.executemany("DELETE FROM waiting_sends WHERE key=?", [(key,) for key in keys])
            case _:
                pass


def waiting(db: sqlite3.Connection, channel: str, limit: int) -> list[Item]:
    """What waits for one channel, oldest first."""
    query = (
        "SELECT s.key, s.seq, s.at, s.state FROM waiting_sends w JOIN sends s ON s.key = w.key"
        " WHERE w.channel=? ORDER BY w.seq, w.key LIMIT ?"
    )
    return [Item(key=key, seq=seq, at=at, state=state) for key, seq, at, state in db.execute(query, (channel, limit))]
