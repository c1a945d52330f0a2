"""Take back the newest command, or scene: the values that were read before it are set again."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Annotated

from overnight.home.acting.commanding import Order
from overnight.home.acting.scenes import command_all
from overnight.home.acting.scopes import is_theirs
from overnight.home.acting.undo import MOST, Undo, find_undo
from overnight.home.operations._home import is_plain, opened
from overnight.home.operations._setting import Setting, Wanted, WasSet, follows, require, set_words, settled, was_set, whose_set
from overnight.home.record.record import HomeRecord
from overnight.home.settings import HomeSettings
from overnight.home.things import CommandOutcome
from overnight.operations.operation import Argument, Context, Operation, Settled, Tier
from overnight.operations.principal import Origin


@dataclass(frozen=True, slots=True, kw_only=True)
class UndoInput:
    """Which command."""

    number: Annotated[
        int | None, Argument(about="Its number, or that of a scene's run; by default the newest that set anything.")
    ] = None


def run(context: Context, given: UndoInput) -> Sequence[WasSet]:
    """Command what was before."""
    import anyio

    with opened() as (record, settings):
        found = _found(context, record, settings, given)
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


def state(context: Context, given: UndoInput) -> str:
    """What is taken back, and what is now."""
    with opened() as (record, settings):
        numbers = [each.past.number for each in _found(context, record, settings, given)]
    return f"{numbers} {SETTING.state(context, given)}"


def _wanted(context: Context, record: HomeRecord, settings: HomeSettings, given: UndoInput) -> list[Wanted]:
    return [(each.device, each.want) for each in _found(context, record, settings, given)]


def _found(context: Context, record: HomeRecord, settings: HomeSettings, given: UndoInput) -> Sequence[Undo]:
    theirs = [each.number for each in record.devices() if is_theirs(settings, context.principal, each)]
    return find_undo(record, given.number, theirs)


def whose(found: Sequence[WasSet]) -> Origin:
    """What is set again is what a device said before, perhaps a title of its own."""
    return whose_set(found) if all(is_plain(each.wanted) for each in found) else Origin.TOOL


def read_back(context: Context, _given: UndoInput, found: Sequence[WasSet] | None) -> Settled:
    """What the commands found out; after a kill, the devices are asked."""
    if found is None:
        with opened() as (record, _):
            begun = [each for each in record.commands(most=MOST) if each.at >= context.since and each.command.undoes]
            devices = [(record.device(each.command.device), each.command.want) for each in begun]
            wanted = [(device, want) for device, want in devices if device]
            return settled(record, wanted, context.since) if begun else Settled.NOT_DONE
    return Settled.UNKNOWN if any(each.outcome is CommandOutcome.UNKNOWN for each in found) else Settled.DONE


SETTING = Setting(_wanted)
OPERATION = Operation(
    name="home undo",
    about="Take back a command, or a scene: devices are set to what was read of them before.",
    input=UndoInput,
    output=Sequence[WasSet],
    tier=Tier.REVERSIBLE,
    raised=SETTING.tier,
    requires=SETTING.requires,
    state=state,
    tells=SETTING.tells,
    of_machine=True,
    run=run,
    follows=follows,
    words=whose,
    render=lambda found: "\n".join(map(set_words, found)),
    holds=lambda found: all(each.outcome is CommandOutcome.DONE for each in found),
    read_back=read_back,
)
