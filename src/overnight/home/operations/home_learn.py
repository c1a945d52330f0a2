"""Learn to use an unknown device: find or take a driver for it, and judge that without changing anything."""

from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

import anyio

from overnight.errors import UserError
from overnight.home.drivers._pinned import keep
from overnight.home.operations._learned import LearnedDriver, as_text, driver_words, found_of, requests
from overnight.home.operations.home_add import check_address
from overnight.home.port import DeviceError
from overnight.home.things import Trait
from overnight.operations.operation import Argument, Context, Operation, Option, Tier, repeatable
from overnight.operations.principal import Origin
from overnight.words.foreign import one_line

LARGEST = 64_000  # bytes of a file
WORDS = 200


@dataclass(frozen=True, slots=True, kw_only=True)
class LearnInput:
    """Where, and by what."""

    address: Annotated[str, Argument(about="Its IP address, perhaps with `:PORT`.")]
    driver: Annotated[str, Option(about="A driver file, instead of one made from what it says of itself.", metavar="FILE")] = ""
    trait: Annotated[Trait | None, Option(about="What the device is, whatever it says.")] = None


def run(context: Context, given: LearnInput) -> LearnedDriver:
    """Get a driver, look at the device with it, and keep both."""
    check_address(given.address)
    source = _file(context.where / given.driver) if given.driver else ""
    return anyio.run(_learn, given, source)


async def _learn(given: LearnInput, source: str) -> LearnedDriver:
    from overnight.home.drivers._http import Http
    from overnight.home.learning.judge import look_at
    from overnight.home.learning.thing import NoDriver, thing_driver

    http = Http(given.address)
    made = "file" if source else "thing"
    try:
        source = source or await thing_driver(http, given.trait)
        looked = await look_at(source, http, given.trait)
    except (NoDriver, DeviceError) as error:
        fix = "write a driver as docs/home.md says, and give it with --driver"
        raise UserError(f"nothing is learned of {given.address}: {one_line(str(error), WORDS)}", fix=fix) from error
    finally:
        await http.aclose()
    said = looked.description
    found = LearnedDriver(
        hash="",
        file="",
        address=given.address,
        made=made,
        trait=given.trait,
        problems=[one_line(each, WORDS) for each in looked.problems],
        name=said.name if said else "",
        traits=[str(each) for each in said.traits] if said else (),
        can_set=[each.name for each in said.properties if each.writable] if said else (),
        values=looked.values if said else None,
        asked=requests(looked.asked),
    )
    return found_of(keep(source, as_text(found)))


def _file(path: Path) -> str:
    try:
        with path.open("rb") as file:
            content = file.read(LARGEST + 1)
    except OSError as error:
        raise UserError(f"{path} cannot be read: {error.strerror}", fix="give the path of a driver file") from error
    if len(content) > LARGEST:
        raise UserError(f"{path} has more than {LARGEST:,} bytes", fix="a driver is a page or two")
    return content.decode("utf-8", "replace")


def state(context: Context, given: LearnInput) -> str:
    """Where it is, and the file that is judged there."""
    return f"{given.address}\n{_file(context.where / given.driver) if given.driver else ''}"


def render(found: LearnedDriver) -> str:
    """What was found, with what to type next."""
    after = (
        "" if found.problems else f"\nRight as far as reading shows. To trust it: overnight home trust NAME {found.hash[:12]}"
    )
    return driver_words(found) + after


OPERATION = Operation(
    name="home learn",
    about="Learn to read an unknown device, from what it says of itself or by a driver file; nothing of it is changed.",
    details="The driver runs in the jail without a network; we pass on what it asks of this one address, and only GET. Some"
    " devices do something when they are asked by GET, which is why agents need your approval.",
    input=LearnInput,
    output=LearnedDriver,
    tier=Tier.PHYSICAL,
    state=state,
    of_machine=True,
    local=True,
    run=run,
    words=Origin.FOREIGN,
    render=render,
    holds=lambda found: not found.problems,
    read_back=repeatable,
)
