"""Trust a learned driver: it is tried at its device, each property set, read back and restored, then it may be used."""

from dataclasses import dataclass
from typing import Annotated

import anyio

from overnight.errors import UserError
from overnight.home.drivers._pinned import full_digest, source_of
from overnight.home.events import DeviceConfirmed, DriverTrusted
from overnight.home.naming import check_alias, key_of
from overnight.home.operations._home import opened
from overnight.home.operations._learned import LearnedDriver, driver_words, found_of
from overnight.home.port import DeviceError
from overnight.home.record.seen import take_down
from overnight.operations.operation import Argument, Context, Operation, Option, Tier, repeatable
from overnight.operations.principal import Origin
from overnight.words.foreign import one_line

WORDS = 200


@dataclass(frozen=True, slots=True, kw_only=True)
class TrustInput:
    """Which, and what its device is called."""

    name: Annotated[str, Argument(about="What the device is called from now on, such as `fountain`.")]
    hash: Annotated[str, Argument(about="The beginning of the hash, as `home learned` shows it.", metavar="HASH")]
    physical: Annotated[
        bool, Option(about="Try also what can hurt: locks, gates, pumps, heaters, ovens. Be beside the device.")
    ] = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Trusted:
    """A driver that is used from now on."""

    number: int  # of its device
    name: str
    driver: LearnedDriver


def run(_context: Context, given: TrustInput) -> Trusted:
    """Try it, and record that it is trusted."""
    name, digest = check_alias(given.name), full_digest(given.hash)
    found = found_of(digest)
    if found.problems:
        raise UserError(f"the driver is not right: {one_line(found.problems[0], WORDS)}", fix="learn another one")
    with opened() as (record, _):
        if any(key_of(each.alias) == key_of(name) for each in record.devices()):
            raise UserError(f"a device is called `{name}` already", fix="give this one another name")
    return anyio.run(_trust, name, digest, found, given.physical)


async def _trust(name: str, digest: str, found: LearnedDriver, physical: bool) -> Trusted:
    from overnight.home.drivers._http import Http
    from overnight.home.drivers.learned import PIN
    from overnight.home.drivers.registry import look
    from overnight.home.learning.exchange import object_to
    from overnight.home.learning.judge import look_at, try_out

    source, http = source_of(digest), Http(found.address)
    if source is None:
        raise UserError("its file is gone or was changed", fix="learn it again")
    try:
        looked = await look_at(source, http, found.trait)
        problems = looked.problems
        if looked.description and not problems:
            tried = await try_out(source, http, looked.description, physical=physical)
            problems = tried.problems
    finally:
        await http.aclose()
    if problems or looked.description is None:
        goes_on = object_to(found.address, source, [one_line(each, WORDS) for each in problems])
        fix = f"have its writer told so: overnight home learn {found.address}" if goes_on else "learn another one"
        raise UserError(f"the driver is not right: {one_line(problems[0], WORDS)}", fix=fix)
    with opened() as (record, _):
        trusted = DriverTrusted(digest=digest, address=found.address, trait=found.trait, tried=tuple(tried.properties))
        record.append(trusted)
        try:
            [seen] = await look("learned", found.address, {PIN: digest})
            device = take_down(record, seen)
        except DeviceError as error:
            raise UserError(f"it does not answer any more: {one_line(str(error), WORDS)}", fix="try again") from error
        record.append(DeviceConfirmed(device=device.number, alias=name, traits=looked.description.traits))
    return Trusted(number=device.number, name=name, driver=found_of(digest))


def state(_context: Context, given: TrustInput) -> str:
    """The file."""
    return full_digest(given.hash)


def render(found: Trusted) -> str:
    """What it is, and what can be set."""
    return f"#{found.number} is `{found.name}`\n{driver_words(found.driver)}"


OPERATION = Operation(
    name="home trust",
    about="Trust a learned driver after a trial: each property is set, read back and restored.",
    details="Read what it says of the device in `home learned HASH` first: whether it is on, and how bright, must be so. A"
    " property that was not tried cannot be set. Without --physical, a lock, gate, pump, heater or oven can only be read.",
    input=TrustInput,
    output=Trusted,
    tier=Tier.PHYSICAL,
    state=state,
    owner_only=True,
    of_machine=True,
    run=run,
    words=Origin.FOREIGN,
    render=render,
    read_back=repeatable,
)
