"""A person who can talk to the claw no more."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Annotated

from overnight.claw.agenda.clock import changed
from overnight.claw.events import Event, ScheduleDropped, ScheduleState, Unpaired
from overnight.claw.operations._claw import Claw, opened
from overnight.claw.operations.claw_persons import PersonLine
from overnight.errors import UserError
from overnight.operations.operation import Argument, Context, Operation, Settled, Tier
from overnight.operations.principal import Address, Kind
from overnight.words.foreign import printable


@dataclass(frozen=True, slots=True, kw_only=True)
class UnpairInput:
    """Whom."""

    person: Annotated[str, Argument(about="A name, or the number of one of their addresses, of `claw persons`.")]
    claw: Claw = None


@dataclass(frozen=True, slots=True, kw_only=True)
class UnpairedList:
    """The addresses that are strangers' now."""

    persons: Sequence[PersonLine]


def run(context: Context, given: UnpairInput) -> UnpairedList:
    """Record it; what they wrote is kept. What waits to go to them is not sent, and what waits of theirs is not done."""
    with opened(given.claw) as (_, record):
        found = [each for each in record.addresses() if given.person in {each[1], each[2].name}]
        if not found:
            raise UserError(f"nobody is paired as `{printable(given.person, 40)}`", fix="overnight claw persons")
        gone = {Address(channel, id_) for channel, id_, _ in found}
        events: list[Event] = [Unpaired(address=each) for each in sorted(gone, key=str)]
        for plan in record.schedules():
            if plan.set.to in gone and plan.set.role is Kind.OWNER:
                why = f"it was said on {plan.set.to.channel}, where nobody is paired any more"
                now, by = record.clock(), str(context.principal)
                events.append(changed(plan, state=ScheduleState.PAUSED, next_=plan.next, handled=now, by=by, why=why))
            elif plan.set.to in gone:
                events.append(ScheduleDropped(schedule=plan.number, by=str(context.principal)))
        record.append(*events)
    return UnpairedList(
        persons=[PersonLine(name=who.name, role=who.role.value, channel=channel, id=id_) for channel, id_, who in found]
    )


def read_back(_context: Context, given: UnpairInput, _found: UnpairedList | None) -> Settled:
    """Whether nobody is paired under this name any more."""
    with opened(given.claw) as (_, record):
        left = any(given.person in {id_, who.name} for _, id_, who in record.addresses())
    return Settled.NOT_DONE if left else Settled.DONE


def state(_context: Context, given: UnpairInput) -> str:
    """The addresses that it is about."""
    with opened(given.claw) as (_, record):
        return repr([each for each in record.addresses() if given.person in {each[1], each[2].name}])


OPERATION = Operation(
    name="claw unpair",
    about="Make a person a stranger to the claw, on all their channels or on one.",
    input=UnpairInput,
    output=UnpairedList,
    tier=Tier.COSTLY,
    of_machine=True,
    owner_only=True,
    run=run,
    state=state,
    render=lambda found: "\n".join(f"{each.name} is a stranger on {each.channel} now" for each in found.persons),
    read_back=read_back,
)
