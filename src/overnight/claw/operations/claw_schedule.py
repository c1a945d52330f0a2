"""What is due when, and what is watched."""

from collections.abc import Sequence
from dataclasses import dataclass

from overnight.claw.events import ScheduleKind, ScheduleState, WatchState
from overnight.claw.memory.reader import reader_of
from overnight.claw.operations._claw import WhichClaw, opened
from overnight.claw.record.record import ClawRecord
from overnight.claw.record.schedules import Planned
from overnight.claw.taint import joined
from overnight.errors import UserError
from overnight.jobs.schedule_words import time_words
from overnight.operations.operation import Context, Operation, Tier
from overnight.operations.principal import Origin
from overnight.words.foreign import printable
from overnight.words.quantities import counted


@dataclass(frozen=True, slots=True, kw_only=True)
class ScheduleLine:
    """One schedule or watch."""

    number: int  # for `claw unschedule` and `claw reschedule`
    when: str
    what: str
    acts: bool  # it is said to the claw, for it to act on
    watch: bool  # it fires when what it looks for is so
    state: ScheduleState
    next: float | None  # Unix time; null: a watch, paused, or never again
    next_words: str  # the same by the claw's clock; of a watch what it found
    runs: int  # so far
    failures: int  # of the newest runs, one after the other
    person: str  # who set it
    origin: Origin  # whose words it follows
    why: str  # it is paused


@dataclass(frozen=True, slots=True, kw_only=True)
class ScheduleList:
    """What `claw schedule --json` prints."""

    schedules: Sequence[ScheduleLine]  # in the order in which they were set


def run(context: Context, given: WhichClaw) -> ScheduleList:
    """Those that come again, or are paused; a member sees their own."""
    with opened(given.claw) as (folder, record):
        reader = reader_of(context, folder, record)
        plans = [each for each in record.schedules() if each.state is not ScheduleState.OVER]
        plans = [each for each in plans if reader is None or each.set.person == reader]
        return ScheduleList(schedules=[line_of(record, each) for each in plans])


def line_of(record: ClawRecord, plan: Planned) -> ScheduleLine:
    """One of them as it is shown."""
    new, live = plan.set, plan.state is ScheduleState.LIVE
    coming = plan.next if live else None
    return ScheduleLine(
        number=plan.number,
        when=new.when,
        what=record.text(new.text),
        acts=new.what is ScheduleKind.ASK,
        watch=new.check is not None,
        state=plan.state,
        next=coming,
        next_words=_next_words(plan, coming),
        runs=plan.total,
        failures=plan.failures,
        person=new.person,
        origin=new.origin,
        why=plan.why,
    )


def _next_words(plan: Planned, coming: int | None) -> str:
    if plan.state is ScheduleState.PAUSED:
        return "paused"
    if plan.set.check is not None:
        return f"watch: {'not known yet' if plan.seen is WatchState.UNKNOWN else plan.seen.value}"
    try:
        return time_words(coming, plan.set.zone) if coming is not None else "never"
    except (KeyError, ValueError, OSError, UserError):  # of a zone that this machine does not know any more
        return "never"


def render(found: ScheduleList) -> str:
    """A line for each."""
    return "\n".join(line_words(each) for each in found.schedules) or "nothing is due"


def line_words(line: ScheduleLine) -> str:
    """A schedule on one line."""
    notes = [printable(line.when, 100), *(["asks me"] if line.acts else [])]
    notes += [printable(line.why, 200)] if line.why else []
    notes += [f"{counted(line.failures, 'failure')} in a row"] if line.failures else []
    return f"#{line.number}  {line.next_words}  {printable(line.what, 200)} ({'; '.join(notes)})"


OPERATION = Operation(
    name="claw schedule",
    about="List what the claw will say or do and when, and what it watches.",
    input=WhichClaw,
    output=ScheduleList,
    tier=Tier.READ,
    of_machine=True,
    guests=True,
    words=lambda found: joined(each.origin for each in found.schedules),
    run=run,
    render=render,
)
