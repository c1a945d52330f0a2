"""Something to say at a time, or again and again."""

from dataclasses import dataclass
from typing import Annotated

from overnight.claw.agenda.rule import read_rule
from overnight.claw.events import ScheduleKind, ScheduleSet, ScheduleState
from overnight.claw.memory.reader import asking_turn
from overnight.claw.operations._claw import Claw, address_of, opened, person_of
from overnight.claw.record.record import ClawRecord, Person
from overnight.claw.setup.parsing import read_charter
from overnight.errors import UserError
from overnight.jobs.schedule_words import time_words
from overnight.ledger.sealed import seal
from overnight.operations.operation import Argument, Context, Operation, Option, Settled, Tier
from overnight.operations.principal import Kind, Origin
from overnight.secrets.broker import user_broker
from overnight.words.foreign import printable


@dataclass(frozen=True, slots=True, kw_only=True)
class RemindInput:
    """What to say, and when."""

    when: Annotated[str, Argument(about="Such as `in 20 minutes`, `tomorrow at 9`, `every weekday at 8 until 2026-12-24`.")]
    what: Annotated[str, Argument(about="What to say then.")]
    act: Annotated[bool, Option(about="It is said to the claw, for it to act on, and not to you.")] = False
    claw: Claw = None


@dataclass(frozen=True, slots=True, kw_only=True)
class SetSchedule:
    """A schedule that is set."""

    number: int
    when: str
    what: str
    next: float | None  # Unix time; null: never
    next_words: str  # the same by the claw's clock


def run(context: Context, given: RemindInput) -> SetSchedule:
    """Record it."""
    with opened(given.claw) as (folder, record):
        now, zone = int(record.clock()), read_charter(folder).zone
        at = read_rule(given.when, zone, now).next_after(now)
        person = person_of(context, folder, record)
        if person.role is Kind.GUEST:
            _check_guest(record, person, given, read_charter(folder).guests.reminders)
        text = seal(user_broker().scrubber().text(given.what))
        number = record.append(
            ScheduleSet(
                when=given.when,
                zone=zone,
                written=now,
                what=ScheduleKind.ASK if given.act else ScheduleKind.REMIND,
                text=text.ref,
                to=address_of(context),
                person=person.name,
                role=person.role,
                origin=context.origin,
                next=at,
                turn=asking_turn(context, folder),
            ),
            texts=[text],
        )
        words = time_words(at, zone) if at is not None else "never"
        return SetSchedule(number=number, when=given.when, what=given.what, next=at, next_words=words)


def _check_guest(record: ClawRecord, guest: Person, given: RemindInput, most: int) -> None:
    """Whether a guest may set one more.

    Raises:
        UserError: they may not.
    """
    set_ = sum(each.set.person == guest.name and each.state is not ScheduleState.OVER for each in record.schedules())
    if given.act:
        raise UserError("a guest has things said to them, and nothing done", fix="leave `act` out")
    if set_ >= most:
        raise UserError(f"a guest has {most} reminders at most", fix="cancel one: `reminders` lists them")


def render(found: SetSchedule) -> str:
    """When it comes next."""
    return f"#{found.number} is set: {printable(found.what, 200)} — next {found.next_words}"


def read_back(_context: Context, given: RemindInput, found: SetSchedule | None) -> Settled:
    """Whether it is set."""
    with opened(given.claw) as (_, record):
        return Settled.DONE if _is_set(record, given, found) else Settled.NOT_DONE


def _is_set(record: ClawRecord, given: RemindInput, found: SetSchedule | None) -> bool:
    if found:
        return record.schedule(found.number) is not None
    return any(each.set.when == given.when and record.text(each.set.text) == given.what for each in record.schedules())


OPERATION = Operation(
    name="claw remind",
    about="Have the claw say something at a time, once or again and again.",
    input=RemindInput,
    private=True,
    output=SetSchedule,
    tier=Tier.REVERSIBLE,
    of_machine=True,
    guests=True,
    run=run,
    words=Origin.CLAW,
    render=render,
    read_back=read_back,
)
