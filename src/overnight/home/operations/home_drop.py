"""Have nothing to do with a device any more."""

from dataclasses import dataclass

from overnight.home.events import DeviceDropped
from overnight.home.operations._home import DeviceName, of_device, opened
from overnight.home.operations.home_name import Named
from overnight.operations.operation import Context, Operation, Settled, Tier
from overnight.operations.principal import Origin


@dataclass(frozen=True, slots=True, kw_only=True)
class DropInput:
    """Which one."""

    device: DeviceName


def run(context: Context, given: DropInput) -> Named:
    """Record it; its rules end, and its name is free."""
    with of_device(context, given.device) as (record, _, device):
        record.append(DeviceDropped(device=device.number))
        return Named(number=device.number, name=device.alias, room=device.room)


def state(context: Context, given: DropInput) -> str:
    """The device itself: an approval is for no other one of its name."""
    with of_device(context, given.device) as (_, _, device):
        return f"{device.family} {device.identity} {device.address}"


def read_back(_context: Context, _given: DropInput, found: Named | None) -> Settled:
    """Whether it is known no more; after a kill its name may mean another one."""
    if found is None:
        return Settled.UNKNOWN
    with opened() as (record, _):
        known = {each.number for each in record.devices()}
    return Settled.NOT_DONE if found.number in known else Settled.DONE


OPERATION = Operation(
    name="home drop",
    about="Forget a device: its name and rules end; a scan finds it again. What happened to it stays in the record.",
    input=DropInput,
    output=Named,
    tier=Tier.COSTLY,
    state=state,
    of_machine=True,
    run=run,
    words=Origin.TOOL,
    render=lambda found: f"#{found.number} {found.name} is dropped: nothing is read from it or sent to it any more",
    read_back=read_back,
)
