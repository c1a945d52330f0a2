"""A schedule or watch that is moved, paused, or goes on."""

from dataclasses import dataclass, replace
from typing import Annotated

from overnight.claw.agenda.clock import changed
from overnight.claw.agenda.rule import read_rule
from overnight.claw.events import ScheduleState
from overnight.claw.operations._claw import Claw, opened
from overnight.claw.operations._schedules import the_schedule
from overnight.claw.operations.claw_schedule import ScheduleLine, line_of, line_words
from overnight.claw.setup.parsing import read_charter
from overnight.claw.taint import joined
from overnight.errors import UserError
from overnight.operations.operation import Argument, Context, Operation, Option, Settled, Tier
from overnight.operations.principal import Origin


@dataclass(frozen=True, slots=True, kw_only=True)
class RescheduleInput:
    """Which, and what holds from now on."""

    number: Annotated[int, Argument(about="Its number in `claw schedule`.", metavar="N")]
    when: Annotated[str, Option(about="When it is due from now on, such as `every day at 9`.")] = ""
    pause: Annotated[bool, Option(about="It is not due until it is resumed.")] = False
    resume: Annotated[bool, Option(about="It is due again; what passed meanwhile is not missed.")] = False
    claw: Claw = None


def run(context: Context, given: RescheduleInput) -> ScheduleLine:
    """Record it."""
    if (given.pause and given.resume) or not (given.when or given.pause or given.resume):
        raise UserError("it is not said what is to change", fix="give one of --when WORDS, --pause, --resume")
    with opened(given.claw) as (folder, record):
        plan, now = the_schedule(record, given.number, context), int(record.clock())
        if given.when:
            zone = read_charter(folder).zone
            plan = replace(plan, set=replace(plan.set, when=given.when, zone=zone, written=now))
        rule = read_rule(plan.set.when, plan.set.zone, plan.set.written if not given.when else now)
        if plan.set.check is not None and rule.period_s is None:
            raise UserError("a watch looks at an interval", fix="write it as `every 5 minutes`")
        paused = given.pause or (plan.state is ScheduleState.PAUSED and not given.resume)
        at = rule.next_after(now, 0 if given.when else plan.runs)
        state = ScheduleState.PAUSED if paused else ScheduleState.OVER if at is None else ScheduleState.LIVE
        event = changed(
            plan, state=state, next_=at, handled=now, by=str(context.principal), why="you paused it" if paused else ""
        )
        record.append(replace(event, anew=bool(given.when)))
        return line_of(record, the_schedule(record, given.number, context))


def read_back(_context: Context, given: RescheduleInput, _found: ScheduleLine | None) -> Settled:
    """Whether it is so now."""
    with opened(given.claw) as (_, record):
        plan = record.schedule(given.number)
    if plan is None or (given.when and plan.set.when != given.when):
        return Settled.NOT_DONE
    paused = plan.state is ScheduleState.PAUSED
    return Settled.NOT_DONE if (given.pause and not paused) or (given.resume and paused) else Settled.DONE


OPERATION = Operation(
    name="claw reschedule",
    about="Move a schedule or watch of the claw to other times, pause it, or let it go on.",
    input=RescheduleInput,
    private=True,
    output=ScheduleLine,
    tier=Tier.REVERSIBLE,
    of_machine=True,
    guests=True,
    run=run,
    words=lambda found: joined([Origin.CLAW, found.origin]),  # it repeats what is said then
    render=line_words,
    read_back=read_back,
)
