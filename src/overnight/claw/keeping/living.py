"""Of two copies of a claw one lives: the one of which its owner said so; here on this machine, no second one starts.

Does not cover: copies on other machines, and one that was copied by hand while the original does not run.
"""

from dataclasses import dataclass
from pathlib import Path

from overnight.claw.agenda.clock import changed, rule_of
from overnight.claw.events import Adopted, Answered, ScheduleState
from overnight.claw.folders import claw_folder
from overnight.claw.keeping.restore import twins
from overnight.claw.record.record import ClawRecord
from overnight.errors import UserError
from overnight.ledger.lock import holder


@dataclass(frozen=True, slots=True, kw_only=True)
class Skipped:
    """What a claw that goes on from a backup does not catch up with."""

    messages: int  # to you, that the backup had not sent
    causes: int  # messages of yours, and others, that it had not answered
    runs: int  # schedules that were due since


def require_alive(folder: Path, record: ClawRecord) -> None:
    """Check that a claw may run.

    Raises:
        UserError: it waits frozen, or a copy of it runs on this machine.
    """
    if record.is_frozen:
        fix = f"end the original for good, then say so: overnight claw adopt --claw {folder.name}"
        raise UserError(f"`{folder.name}` was made from a backup, and is frozen", fix=fix)
    for name in twins(folder, record):
        if process := holder(ClawRecord.folder_of(claw_folder(name))):
            fix = f"end process {process}, or remove one of the two: overnight claw remove NAME"
            raise UserError(f"`{folder.name}` is a copy of `{name}`, which runs", fix=fix)


def adopt(folder: Path, record: ClawRecord, *, catch_up: bool, by: str) -> Skipped:
    """Let a frozen claw live; unless it is to `catch_up`, what waited in the backup is done with.

    Raises:
        UserError: it is not frozen, or its original is on this machine.
    """
    if not record.is_frozen:
        raise UserError(f"`{folder.name}` is not frozen", fix="nothing is to be done")
    if other := next(iter(twins(folder, record)), ""):
        raise UserError(f"`{other}` is the same claw, and lives", fix=f"remove it first: overnight claw remove {other}")
    if catch_up:
        record.append(Adopted(by=by))
        return Skipped(messages=0, causes=0, runs=0)
    keys = [item.key for item, _ in record.unsent(limit=-1)]
    causes = record.open_causes(("received", "fired", "finished", "resumed"))
    now = int(record.clock())
    late = [plan for plan in record.schedules() if plan.next is not None and plan.next <= now]
    moved = []
    for plan in late:
        rule = rule_of(plan)
        if isinstance(rule, str):
            moved.append(changed(plan, state=ScheduleState.PAUSED, next_=plan.next, handled=now, by=by, why=rule))
            continue
        at = rule.next_after(now, plan.runs)
        state = ScheduleState.OVER if at is None else plan.state
        moved.append(changed(plan, state=state, next_=at, handled=now, by=by, why="it was skipped: made from a backup"))
    ended = [Answered(turn=cause.seq) for cause in causes]
    record.append(*ended, *moved, Adopted(by=by, given_up=keys))
    return Skipped(messages=len(keys), causes=len(ended), runs=len(moved))
