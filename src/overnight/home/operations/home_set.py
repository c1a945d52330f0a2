"""Set a device, and read back whether it is."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Annotated

from overnight.home.acting.commanding import Order
from overnight.home.acting.session import command
from overnight.home.operations._home import DeviceName, find_theirs, of_device, read_wanted
from overnight.home.operations._setting import SETTLED, Setting, Wanted, WasSet, follows, set_words, was_set, whose_set
from overnight.home.record.record import HomeRecord
from overnight.home.settings import HomeSettings
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
    with of_device(context, given.device) as (record, settings, device):
        order = Order(want=want, principal=str(context.principal), origin=context.origin)
        return was_set(device, want, anyio.run(command, record, settings, device, order))


def _wanted(context: Context, record: HomeRecord, settings: HomeSettings, given: SetInput) -> Sequence[Wanted]:
    return [(find_theirs(context, record, settings, given.device), read_wanted(given.settings))]


def read_back(context: Context, given: SetInput, found: WasSet | None) -> Settled:
    """What the command found out; after a kill, the device is asked."""
    return SETTLED[found.outcome] if found else SETTING.settled(context, given)


SETTING = Setting(_wanted)
OPERATION = Operation(
    name="home set",
    about="Set a device of the home, and read back whether it is.",
    input=SetInput,
    output=WasSet,
    tier=Tier.REVERSIBLE,
    raised=SETTING.tier,
    requires=SETTING.requires,
    state=SETTING.state,
    tells=SETTING.tells,
    of_machine=True,
    run=run,
    follows=lambda found: follows([found]),
    words=lambda found: whose_set([found]),
    render=set_words,
    holds=lambda found: found.outcome is CommandOutcome.DONE,
    read_back=read_back,
)
