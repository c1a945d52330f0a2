"""Pair with a bridge that gives a key to who pressed its button: a Hue bridge."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Annotated

from overnight.errors import UserError
from overnight.home.drivers.hue import pair
from overnight.home.drivers.registry import look
from overnight.home.operations.home_add import SECRETS, WORDS, Added, check_address, known_at, render, take_all
from overnight.home.port import DeviceError, Found
from overnight.operations.operation import Argument, Context, Operation, Tier, repeatable
from overnight.operations.principal import Origin
from overnight.secrets.broker import user_broker
from overnight.secrets.entry import check_value
from overnight.words.foreign import one_line

FAMILY = "hue"


@dataclass(frozen=True, slots=True, kw_only=True)
class PairInput:
    """Which bridge."""

    address: Annotated[str, Argument(about="The IP address of the Hue bridge whose button was pressed.")]


def run(_context: Context, given: PairInput) -> Sequence[Added]:
    """Get a key, keep it, and take down the lights."""
    import anyio

    check_address(given.address)
    try:
        found = anyio.run(_pair, given.address)
    except DeviceError as error:
        words = one_line(str(error), WORDS)
        fix = "press its round button, and within 30 s call this again"
        raise UserError(f"{given.address} gives no key: {words}", fix=fix) from error
    return take_all(found)


async def _pair(address: str) -> Sequence[Found]:
    paired = await pair(address)
    name = f"{SECRETS}HUE_{paired.bridge.upper()}"
    user_broker().file.set(name, check_value(name, paired.key.reveal()))
    return await look(FAMILY, address, {"pin": paired.pin, "secret_key": name})


OPERATION = Operation(
    name="home pair",
    about="Pair with a Hue bridge whose button was pressed, and add its lights to the home.",
    input=PairInput,
    output=Sequence[Added],
    tier=Tier.COSTLY,
    of_machine=True,
    state=lambda _, given: known_at(given.address),
    run=run,
    words=Origin.TOOL,
    render=render,
    read_back=repeatable,
)
