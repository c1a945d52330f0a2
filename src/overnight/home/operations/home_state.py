"""What a device is now: it is asked."""

from dataclasses import dataclass

from overnight.home.acting.session import look
from overnight.home.operations._home import DeviceName, DeviceState, doubts, of_device, see, state_of, value_words, whose
from overnight.home.port import DeviceError
from overnight.home.record.record import HomeRecord
from overnight.home.things import Device
from overnight.operations.operation import Context, Operation, Tier


@dataclass(frozen=True, slots=True, kw_only=True)
class StateInput:
    """Which one."""

    device: DeviceName


def run(context: Context, given: StateInput) -> DeviceState:
    """Ask it."""
    import anyio

    with of_device(context, given.device) as (record, _, device):
        return state_of(record, device, answers=anyio.run(_ask, record, device))


async def _ask(record: HomeRecord, device: Device) -> bool:
    try:
        await look(record, device, settle=True)
    except DeviceError:
        return False
    return True


def render(found: DeviceState) -> str:
    """Its values, or that it does not answer."""
    now = value_words(found.values) or "nothing that we know"
    return (f"{found.name}: {now}" if found.answers else f"{found.name} does not answer; last: {now}") + doubts(found)


OPERATION = Operation(
    name="home state",
    about="Ask a device for its state.",
    details="Exit code: 1 if it does not answer.",
    input=StateInput,
    output=DeviceState,
    tier=Tier.READ,
    of_machine=True,
    requires=see,
    run=run,
    words=lambda found: whose([found]),
    render=render,
    holds=lambda found: found.answers is True,
)
