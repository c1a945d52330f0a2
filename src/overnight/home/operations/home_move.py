"""Accept where a device is now: one that is known by its identity was seen at another address."""

from dataclasses import dataclass

from overnight.errors import UserError
from overnight.home.acting.session import check_at
from overnight.home.events import DeviceConfirmed
from overnight.home.operations._home import DeviceName, DeviceState, of_device, state_of
from overnight.home.port import DeviceError
from overnight.operations.operation import Context, Operation, Settled, Tier
from overnight.operations.principal import Origin
from overnight.words.foreign import printable


@dataclass(frozen=True, slots=True, kw_only=True)
class MoveInput:
    """Which one."""

    device: DeviceName


def run(context: Context, given: MoveInput) -> DeviceState:
    """Look at it there, and record it."""
    import anyio

    with of_device(context, given.device) as (record, _, device):
        said = record.said(device.number)
        if set(said.traits) != set(record.said(device.number, when_confirmed=True).traits):
            kinds = ", ".join(said.traits) or "nothing that we know"
            what = f"{device.alias} says now that it is {kinds}"
            raise UserError(what, fix="if it is, drop it and name it again")
        try:
            anyio.run(check_at, device, said.address)
        except DeviceError as error:
            what = f"{device.alias} does not answer at {printable(said.address, 60)}: {error}"
            raise UserError(what, fix="overnight home scan") from error
        record.append(DeviceConfirmed(device=device.number, alias=device.alias, room=device.room, moved_to=said.address))
        moved = record.device(device.number)
        return state_of(record, moved or device)


def state(context: Context, given: MoveInput) -> str:
    """Where it is, and where it would be."""
    with of_device(context, given.device) as (record, _, device):
        return f"{device.family} {device.identity} {device.address} {record.said(device.number).address}"


def tells(context: Context, given: MoveInput) -> str:
    """The same in words."""
    with of_device(context, given.device) as (record, _, device):
        return f"{device.alias} is at {device.address}, and was seen at {printable(record.said(device.number).address, 60)}"


def read_back(context: Context, given: MoveInput, _found: DeviceState | None) -> Settled:
    """Whether it is known there."""
    with of_device(context, given.device) as (record, _, device):
        return Settled.DONE if record.said(device.number).address == device.address else Settled.NOT_DONE


OPERATION = Operation(
    name="home move",
    about="Accept that a device of the home is at another address now, and what it says of itself there.",
    input=MoveInput,
    output=DeviceState,
    tier=Tier.COSTLY,
    state=state,
    tells=tells,
    of_machine=True,
    run=run,
    words=Origin.TOOL,
    render=lambda found: f"{found.name} is used where it is now",
    read_back=read_back,
)
