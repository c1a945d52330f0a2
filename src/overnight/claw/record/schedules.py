"""What is due at times and what is watched, as tables derived from events: a look for what is due reads one row of an index."""

import sqlite3
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

from overnight.claw.events import (
    Answered,
    CallEnded,
    Event,
    Finished,
    Fired,
    Noticed,
    Released,
    ScheduleChanged,
    ScheduleDropped,
    ScheduleSet,
    ScheduleState,
    WatchSeen,
    WatchState,
    decode,
)
from overnight.claw.record.derived import Derived
from overnight.ledger.pending import PendingTable
from overnight.ledger.port import Recorded

SAID = "said"  # the state of what was held and has gone out


@dataclass(frozen=True, slots=True, kw_only=True)
class Planned:
    """A schedule or watch as it is now."""

    number: int
    set: ScheduleSet  # with the times that hold now
    state: ScheduleState
    next: int | None  # when it is due, Unix time; a watch has none
    handled: float  # the time up to which all of it is done
    runs: int  # since its times were set
    total: int  # runs
    failures: int  # one after the other
    seen: WatchState
    fired_at: float  # Unix time of the newest run; 0: none
    why: str  # it is paused


class Schedules(Derived):
    """What is due when; implements `Projection`."""

    kinds = ("schedule_set", "schedule_changed", "schedule_dropped", "fired", "answered", "watch_seen")
    schema = """
    CREATE TABLE IF NOT EXISTS schedules(
      seq INTEGER PRIMARY KEY, changed INTEGER, state TEXT NOT NULL, watch INTEGER NOT NULL, next INTEGER,
      handled REAL NOT NULL,
      runs INTEGER NOT NULL DEFAULT 0, total INTEGER NOT NULL DEFAULT 0, failures INTEGER NOT NULL DEFAULT 0, turn INTEGER,
      seen TEXT NOT NULL DEFAULT 'unknown', fired_at REAL NOT NULL DEFAULT 0, why TEXT NOT NULL DEFAULT '');
    CREATE INDEX IF NOT EXISTS due_schedules ON schedules(next) WHERE state = 'live';
    CREATE INDEX IF NOT EXISTS failing_schedules ON schedules(failures) WHERE state = 'live';
    CREATE INDEX IF NOT EXISTS schedules_by_turn ON schedules(turn) WHERE turn IS NOT NULL;
    """

    def apply(self, db: sqlite3.Connection, entry: Recorded[Event]) -> None:
        """Add a schedule, change or drop it, or say that a run of it has begun or ended."""
        match entry.event:
            case ScheduleSet() as new:
                watch = new.check is not None
                first = None if watch else new.written if new.next is None else new.next
                row = (entry.seq, ScheduleState.LIVE.value, watch, first, new.written)
                db.execute("INSERT INTO schedules(seq, state, watch, next, handled) VALUES(?,?,?,?,?)", row)
            case ScheduleChanged() as new:
                query = (
                    "UPDATE schedules SET runs=CASE WHEN ? THEN 0 ELSE runs END, failures=0, changed=?, state=?,"
                    " next=CASE WHEN watch THEN NULL ELSE ? END, handled=?, why=? WHERE seq=?"
                )
                values = (new.anew, entry.seq, new.state.value, new.next, new.handled, new.why, new.schedule)
                db.execute(query, values)
            case ScheduleDropped(schedule=number):
                db.execute("DELETE FROM schedules WHERE seq=?", (number,))
            case Fired() as fired:
                query = (
                    "UPDATE schedules SET handled=?, next=?, runs=runs+1, total=total+1, turn=?, fired_at=?, seen=?,"
                    " state=CASE WHEN watch OR ? THEN state ELSE 'over' END WHERE seq=?"
                )
                again = fired.next is not None
                seen = WatchState.YES.value
                db.execute(query, (fired.due, fired.next, entry.seq, entry.at, seen, again, fired.schedule))
            case WatchSeen(schedule=number, state=state):
                db.execute("UPDATE schedules SET seen=? WHERE seq=?", (state.value, number))
            case Answered(turn=turn, failed=failed):
                query = "UPDATE schedules SET failures=CASE WHEN ? THEN failures+1 ELSE 0 END WHERE turn=?"
                db.execute(query, (failed, turn))
            case _:
                pass


class Tasks(Derived):
    """What runs in processes of its own for a turn, until its end is told; implements `Projection`."""

    kinds = ("call_ended", "finished")
    schema = """
    CREATE TABLE IF NOT EXISTS tasks(
      task TEXT PRIMARY KEY, turn INTEGER NOT NULL, call INTEGER NOT NULL, told INTEGER NOT NULL DEFAULT 0) WITHOUT ROWID;
    CREATE INDEX IF NOT EXISTS open_tasks ON tasks(turn) WHERE told = 0;
    """

    def apply(self, db: sqlite3.Connection, entry: Recorded[Event]) -> None:
        """A task has begun, or its end is told."""
        match entry.event:
            case CallEnded(task=task, turn=turn, call=call) if task:
                db.execute("INSERT OR IGNORE INTO tasks(task, turn, call) VALUES(?,?,?)", (task, turn, call))
            case Finished(task=task):
                db.execute("UPDATE tasks SET told=1 WHERE task=?", (task,))
            case _:
                pass


class Releases(Derived):
    """When unasked messages went out, for the cap of a day; implements `Projection`."""

    kinds = ("released",)
    schema = "CREATE TABLE IF NOT EXISTS releases(seq INTEGER PRIMARY KEY, at REAL NOT NULL, messages INTEGER NOT NULL);"

    def apply(self, db: sqlite3.Connection, entry: Recorded[Event]) -> None:
        """Count."""
        if isinstance(entry.event, Released):
            db.execute("INSERT INTO releases VALUES(?,?,?)", (entry.seq, entry.at, len(entry.event.sends)))


def _held(event: Event) -> Sequence[str]:
    return [send.key for send in event.held] if isinstance(event, Answered | Noticed) else ()


def _released(event: Event) -> Sequence[tuple[str, str]]:
    return [(key, SAID) for key in event.keys] if isinstance(event, Released) else ()


HELD: PendingTable[Event] = PendingTable("held", opens={"answered": _held, "noticed": _held}, moves={"released": _released})

_PLANNED = """
SELECT s.seq, e.body, c.body, s.state, s.next, s.handled, s.runs, s.total, s.failures, s.seen, s.fired_at, s.why
FROM schedules s JOIN events e ON e.seq = s.seq LEFT JOIN events c ON c.seq = s.changed
"""


def planned(db: sqlite3.Connection, which: str, *values: object) -> list[Planned]:
    """Schedules and watches by a condition of ours over the table `s`."""
    return [_planned(row) for row in db.execute(f"{_PLANNED} WHERE {which}", values)]


def next_due(db: sqlite3.Connection) -> int | None:
    """When the next schedule is due, Unix time; None: none is."""
    row = db.execute("SELECT next FROM schedules WHERE state='live' AND next IS NOT NULL ORDER BY next LIMIT 1").fetchone()
    return row[0] if row else None


def _planned(row: Sequence[Any]) -> Planned:  # Any: columns
    seq, body, changed, state, at, handled, runs, total, failures, seen, fired_at, why = row
    event, change = decode(body), decode(changed) if changed else None
    if not isinstance(event, ScheduleSet):
        raise TypeError(f"event {seq} sets no schedule")
    if isinstance(change, ScheduleChanged):
        event = replace(event, when=change.when, zone=change.zone, written=change.written)
    return Planned(
        number=seq,
        set=event,
        state=ScheduleState(state),
        next=at,
        handled=handled,
        runs=runs,
        total=total,
        failures=failures,
        seen=WatchState(seen),
        fired_at=fired_at,
        why=why,
    )
