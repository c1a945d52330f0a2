"""Take back the newest command, or scene: the values that were read before it are set again."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Annotated

from overnight.home.acting.commanding import Order
from overnight.home.acting.scenes import command_all
from overnight.home.acting.undo import MOST, find_undo
from overnight.home.operations._home import opened
from overnight.home.operations._setting import (
    Wanted,
    WasSet,
    change_words,
    present_state,
    require,
    set_words,
    settled,
    was_set,
    whose_set,
    worst_tier,
)
from overnight.home.record.record import HomeRecord
from overnight.home.things import CommandOutcome
from overnight.operations.operation import Argument, Context, Operation, Settled, Tier


@dataclass(frozen=True, slots=True, kw_only=True)
class UndoInput:
    """Which command."""

    number: Annotated[
        int | None, Argument(about="Its number, or that of a scene's run; by default the newest that can be taken back.")
    ] = None


def run(context: Context, given: UndoInput) -> Sequence[WasSet]:
    """Command what was before."""
    import anyio

    with opened() as (record, settings):
        found = find_undo(record, given.number)
        require(context, settings, [(each.device, each.want) for each in found])
        orders = [
            (
                each.device,
                Order(want=each.want, principal=str(context.principal), origin=context.origin, undoes=each.past.number),
            )
            for each in found
        ]
        results = anyio.run(command_all, record, settings, orders)
        return [was_set(each.device, each.want, result) for each, result in zip(found, results, strict=True)]


def tier(context: Context, given: UndoInput) -> Tier:
    """That of the effect."""
    with opened() as (record, settings):
        return worst_tier(context, record, settings, _wanted(record, given))


def state(_context: Context, given: UndoInput) -> str:
    """What is taken back, and what is now."""
    with opened() as (record, _):
        numbers = [each.past.number for each in find_undo(record, given.number)]
        return f"{numbers} {present_state(record, _wanted(record, given))}"


def tells(_context: Context, given: UndoInput) -> str:
    """What would be set."""
    with opened() as (record, _):
        return change_words(record, _wanted(record, given))


def requires(context: Context, given: UndoInput) -> None:
    """It must be allowed at all before anybody is asked to approve it."""
    with opened() as (record, settings):
        require(context, settings, _wanted(record, given))


def _wanted(record: HomeRecord, given: UndoInput) -> list[Wanted]:
    return [(each.device, each.want) for each in find_undo(record, given.number)]


def read_back(context: Context, _given: UndoInput, found: Sequence[WasSet] | None) -> Settled:
    """What the commands found out; after a kill, the devices are asked."""
    if found is None:
        with opened() as (record, _):
            begun = [each for each in record.commands(most=MOST) if each.at >= context.since and each.command.undoes]
            devices = [(record.device(each.command.device), each.command.want) for each in begun]
            wanted = [(device, want) for device, want in devices if device]
            return settled(record, wanted, context.since) if begun else Settled.NOT_DONE
    return Settled.UNKNOWN if any(each.outcome is CommandOutcome.UNKNOWN for each in found) else Settled.DONE


OPERATION = Operation(
    name="home undo",
    about="Take back a command, or a scene: devices are set to what was read of them before.",
    input=UndoInput,
    output=Sequence[WasSet],
    tier=Tier.REVERSIBLE,
    raised=tier,
    requires=requires,
    state=state,
    tells=tells,
    of_machine=True,
    run=run,
    words=whose_set,
    render=lambda found: "\n".join(map(set_words, found)),
    holds=lambda found: all(each.outcome is CommandOutcome.DONE for each in found),
    read_back=read_back,
)
