"""Schedules and watches that are to come no more."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Annotated

from overnight.claw.events import ScheduleDropped
from overnight.claw.operations._claw import Claw, opened
from overnight.claw.operations._schedules import the_schedule
from overnight.claw.operations.claw_schedule import ScheduleLine, line_of, line_words
from overnight.claw.taint import joined
from overnight.operations.operation import Argument, Context, Operation, Settled, Tier
from overnight.operations.principal import Origin


@dataclass(frozen=True, slots=True, kw_only=True)
class UnscheduleInput:
    """Which."""

    numbers: Annotated[tuple[int, ...], Argument(about="Their numbers in `claw schedule`.", metavar="N...")]
    claw: Claw = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Unscheduled:
    """What `claw unschedule --json` prints."""

    dropped: Sequence[ScheduleLine]  # as they were


def run(context: Context, given: UnscheduleInput) -> Unscheduled:
    """Drop them, all or none."""
    with opened(given.claw) as (_, record):
        plans = [the_schedule(record, number, context) for number in dict.fromkeys(given.numbers)]
        lines = [line_of(record, each) for each in plans]
        record.append(*(ScheduleDropped(schedule=each.number, by=str(context.principal)) for each in plans))
    return Unscheduled(dropped=lines)


def read_back(_context: Context, given: UnscheduleInput, _found: Unscheduled | None) -> Settled:
    """Whether none of them is there."""
    with opened(given.claw) as (_, record):
        return Settled.DONE if not any(record.schedule(each) for each in given.numbers) else Settled.NOT_DONE


OPERATION = Operation(
    name="claw unschedule",
    about="Drop schedules and watches of the claw.",
    input=UnscheduleInput,
    output=Unscheduled,
    tier=Tier.REVERSIBLE,
    of_machine=True,
    guests=True,
    run=run,
    words=lambda found: joined([Origin.CLAW, *(each.origin for each in found.dropped)]),
    render=lambda found: "\n".join(f"dropped {line_words(each)}" for each in found.dropped),
    read_back=read_back,
)
