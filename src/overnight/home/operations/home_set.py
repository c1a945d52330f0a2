"""Set a device, and read back whether it is."""

from dataclasses import dataclass
from typing import Annotated

from overnight.home.acting.commanding import Order
from overnight.home.acting.session import command
from overnight.home.operations._home import DeviceName, of_device, read_wanted
from overnight.home.operations._setting import (
    SETTLED,
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
from overnight.home.things import CommandOutcome
from overnight.operations.operation import Argument, Context, Operation, Settled, Tier


@dataclass(frozen=True, slots=True, kw_only=True)
class SetInput:
    """Which device, and what is wanted of it."""

    device: DeviceName
    settings: Annotated[
        tuple[str, ...], Argument(about="Properties and values, such as `on=true brightness=40`.", metavar="NAME=VALUE")
    ]


def run(context: Context, given: SetInput) -> WasSet:
    """Command it."""
    import anyio

    want = read_wanted(given.settings)
    with of_device(given.device) as (record, settings, device):
        order = Order(want=want, principal=str(context.principal), origin=context.origin)
        return was_set(device, want, anyio.run(command, record, settings, device, order))


def tier(context: Context, given: SetInput) -> Tier:
    """By what the device does, and by the owner's rules."""
    with of_device(given.device) as (record, settings, device):
        return worst_tier(context, record, settings, [(device, read_wanted(given.settings))])


def state(_context: Context, given: SetInput) -> str:
    """What an approval is bound to."""
    with of_device(given.device) as (record, _, device):
        return present_state(record, [(device, read_wanted(given.settings))])


def tells(_context: Context, given: SetInput) -> str:
    """What it is now."""
    with of_device(given.device) as (record, _, device):
        return change_words(record, [(device, read_wanted(given.settings))])


def requires(context: Context, given: SetInput) -> None:
    """It must be allowed at all before anybody is asked to approve it."""
    with of_device(given.device) as (_, settings, device):
        require(context, settings, [(device, read_wanted(given.settings))])


def read_back(context: Context, given: SetInput, found: WasSet | None) -> Settled:
    """What the command found out; after a kill, the device is asked."""
    if found is not None:
        return SETTLED[found.outcome]
    with of_device(given.device) as (record, _, device):
        return settled(record, [(device, read_wanted(given.settings))], context.since)


OPERATION = Operation(
    name="home set",
    about="Set a device of the home, and read back whether it is.",
    input=SetInput,
    output=WasSet,
    tier=Tier.REVERSIBLE,
    raised=tier,
    requires=requires,
    state=state,
    tells=tells,
    of_machine=True,
    run=run,
    words=lambda found: whose_set([found]),
    render=set_words,
    holds=lambda found: found.outcome is CommandOutcome.DONE,
    read_back=read_back,
)
