"""Add devices by hand: those of a family at an address are asked what they are."""

import ipaddress
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Annotated

from overnight.errors import UserError
from overnight.home.drivers.registry import OF_SECRET, look
from overnight.home.operations._home import SHOWN, opened
from overnight.home.port import DeviceError, Found
from overnight.home.record.seen import take_down
from overnight.home.setup.addresses import at_home
from overnight.operations.operation import Argument, Context, Operation, Option, Tier, repeatable
from overnight.operations.principal import Origin
from overnight.words.foreign import one_line, printable

SECRETS = "HOME_"  # how the name of a secret begins that a device may be given
WORDS = 200  # characters of what a device says


@dataclass(frozen=True, slots=True, kw_only=True)
class AddInput:
    """Which family, and where."""

    family: Annotated[str, Argument(about="Of drivers, such as `sonos`, `zigbee`, `shelly`, `hue`.")]
    address: Annotated[str, Argument(about="Its IP address, or that of its bridge or broker, perhaps with `:PORT`.")]
    option: Annotated[
        tuple[str, ...],
        Option(about="What its driver needs, such as `secret_password=HOME_MQTT`: the name of a secret.", metavar="NAME=VALUE"),
    ] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Added:
    """A device that answered."""

    number: int  # for `home name`
    family: str
    said: str  # what it says of itself; foreign
    traits: Sequence[str]
    name: str  # the owner's; empty: not confirmed


def run(_context: Context, given: AddInput) -> Sequence[Added]:
    """Ask, and take down what answers."""
    import anyio

    check_address(given.address)
    options = read_options(given.option)
    try:
        found = anyio.run(look, given.family, given.address, options)
    except DeviceError as error:
        words = one_line(str(error), WORDS)
        raise UserError(
            f"{given.address} does not answer as `{given.family}`: {words}",
            fix="check the address, also its port, and the options",
        ) from error
    return take_all(found)


def take_all(found: Sequence[Found]) -> Sequence[Added]:
    """Take down what was found."""
    added = []
    with opened() as (record, _):
        for each in found:
            try:
                device = take_down(record, each)
            except ValueError:  # a device that does not say who it is cannot be known again
                continue
            said = " ".join(filter(None, (device.said_model, device.said_name)))
            traits = [str(trait) for trait in device.traits]
            added.append(Added(number=device.number, family=each.family, said=said, traits=traits, name=device.alias))
    return added


def known_at(address: str) -> str:
    """What an approval of a look at an address is bound to: the devices that are known there."""
    with opened() as (record, _):
        return " ".join(f"{each.family}/{each.identity}" for each in record.devices() if each.address == address)


def check_address(address: str) -> None:
    """Whether it is one at home.

    Raises:
        UserError: it is not.
    """
    host, _, port = address.partition(":")
    try:
        found = ipaddress.IPv4Network(host)
    except ValueError:
        found = None
    if found is None or "/" in host or not at_home(found) or (port and not port.isdigit()):
        raise UserError(f"`{printable(address, SHOWN)}` is no address at home", fix="write it as 192.168.1.20")


def read_options(texts: Sequence[str]) -> Mapping[str, str]:
    """Options from texts such as `base=zigbee2mqtt`.

    Raises:
        UserError: one is no such text, or names a secret that is not a device's.
    """
    found = {}
    for text in texts:
        name, sign, value = text.partition("=")
        if not sign or not name.isidentifier() or not value:
            raise UserError(f"`{printable(text, SHOWN)}` is no option", fix="write it as NAME=VALUE")
        if name.startswith(OF_SECRET) and not value.startswith(SECRETS):
            fix = f"store it under a name that begins with {SECRETS}: overnight secret set {SECRETS}PASSWORD"
            raise UserError(f"the secret `{printable(value, SHOWN)}` is not for devices", fix=fix)
        found[name] = value
    return found


def render(found: Sequence[Added]) -> str:
    """A line each, with what to type next."""
    if not found:
        return "Nothing there that can be used."
    lines = [f"#{each.number} {each.said} [{', '.join(each.traits)}] {each.name or '(no name)'}" for each in found]
    unnamed = next((each.number for each in found if not each.name), None)
    return "\n".join([*lines, *([f"Give it a name: overnight home name {unnamed} NAME"] if unnamed else [])])


OPERATION = Operation(
    name="home add",
    about="Add the devices at an address to the home.",
    input=AddInput,
    output=Sequence[Added],
    tier=Tier.COSTLY,
    state=lambda _, given: known_at(given.address),
    of_machine=True,
    run=run,
    words=Origin.TOOL,
    render=render,
    read_back=repeatable,
)
