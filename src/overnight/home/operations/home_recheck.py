"""Look again at what a command set: a bolt goes back, a heater trips, somebody turns it by hand."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Annotated

from annotated_types import Ge

from overnight.errors import UserError
from overnight.home.acting.limits import bounds_of
from overnight.home.acting.session import look
from overnight.home.operations._home import opened, seen_by, value_words
from overnight.home.port import DeviceError
from overnight.home.record.record import HomeRecord, PastCommand
from overnight.home.things import CommandOutcome, Device, Value, holds
from overnight.home.watching.afterwards import COUNTS_S
from overnight.operations.operation import Argument, Context, Operation, Tier
from overnight.operations.principal import Origin


class Lasting(StrEnum):
    """What has become of a command that was done."""

    SO = "still so"
    CHANGED = "not so any more"
    SILENT = "it does not answer"
    OVER = "over"  # it was set again since, or some minutes have passed


@dataclass(frozen=True, slots=True, kw_only=True)
class RecheckInput:
    """Which command."""

    number: Annotated[int, Ge(1), Argument(about="The command's number, such as 20 of `read back; #20`.", metavar="N")]


@dataclass(frozen=True, slots=True, kw_only=True)
class Rechecked:
    """What was set, and what is now."""

    number: int
    name: str  # of the device
    wanted: Mapping[str, Value]
    now: Mapping[str, Value]  # of what was wanted; empty: it was not asked, or does not answer
    lasting: Lasting


def run(context: Context, given: RecheckInput) -> Rechecked:
    """Ask the device, as long as the command counts."""
    import anyio

    with opened() as (record, settings):
        past = record.command(given.number)
        seen = seen_by(context, record, settings)
        device = next((each for each in seen if past and each.number == past.command.device and each.alias), None)
        if past is None or device is None:
            raise UserError(f"there is no command #{given.number}", fix="see `overnight home show DEVICE`")
        now: Mapping[str, Value] = {}
        if counts := _counts(record, device, past):
            now = anyio.run(_ask, record, device)
        want = past.command.want
        shown = {name: value for name, value in now.items() if name in want}
        lasting = Lasting.OVER if not counts else Lasting.SILENT if not shown else Lasting.CHANGED
        if shown and holds(want, bounds_of(device, {}), shown):
            lasting = Lasting.SO
        return Rechecked(number=past.number, name=device.alias, wanted=want, now=shown, lasting=lasting)


def _counts(record: HomeRecord, device: Device, past: PastCommand) -> bool:
    """Whether it was done, a short while ago, and nothing was set since."""
    since = record.commands_since(device.number, record.clock() - COUNTS_S)
    return bool(since) and since[-1].number == past.number and past.outcome is CommandOutcome.DONE


async def _ask(record: HomeRecord, device: Device) -> Mapping[str, Value]:
    try:
        return await look(record, device)
    except DeviceError:
        return {}


def render(found: Rechecked) -> str:
    """What was wanted, and what is now."""
    now = f": {value_words(found.now)}" if found.lasting is Lasting.CHANGED else ""
    return f"{found.name} was read back as {value_words(found.wanted)} (#{found.number}); {found.lasting}{now}"


OPERATION = Operation(
    name="home recheck",
    about="Look again whether a device still is what a command set, for ten minutes after it.",
    details="Exit code: 1 if it is not so any more, or does not answer.",
    input=RecheckInput,
    output=Rechecked,
    tier=Tier.READ,
    of_machine=True,
    run=run,
    words=Origin.TOOL,
    render=render,
    holds=lambda found: found.lasting in (Lasting.SO, Lasting.OVER),
)
