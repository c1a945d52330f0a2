"""Learn to use an unknown device: find, take or have written a driver for it, and judge that without changing anything."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

import anyio

from overnight.errors import UserError
from overnight.home.drivers._pinned import keep
from overnight.home.operations._learned import LearnedDriver, as_text, driver_words, found_of, record_text, requests
from overnight.home.operations.home_add import check_address
from overnight.home.port import DeviceError
from overnight.home.things import Trait
from overnight.operations.operation import Argument, Context, Operation, Option, Tier, repeatable
from overnight.operations.principal import Origin
from overnight.words.foreign import one_line

LARGEST = 64_000  # bytes of a file
STANDARD_INPUT = Path("-")
WORDS = 200


@dataclass(frozen=True, slots=True, kw_only=True)
class LearnInput:
    """Where, and by what."""

    address: Annotated[str, Argument(about="Its IP address, perhaps with `:PORT`.")]
    driver: Annotated[
        Path | None, Option(about="A driver file, instead of one made from what it says of itself.", metavar="FILE")
    ] = None
    trait: Annotated[Trait | None, Option(about="What the device is, whatever it says.")] = None
    document: Annotated[
        tuple[Path, ...],
        Option(about="A text about the device, for who writes its driver; `-` is standard input.", metavar="FILE"),
    ] = ()
    by: Annotated[
        str,
        Option(
            about="Have an agent write the driver: `agent`, `claude` and others, acp:COMMAND, command:COMMAND.", metavar="AGENT"
        ),
    ] = ""
    fresh: Annotated[bool, Option(about="Begin anew, instead of going on with what was written before.")] = False


def run(context: Context, given: LearnInput) -> LearnedDriver:
    """Get a driver, look at the device with it, and keep both."""
    _check(context, given)
    source = _file(context, given.driver) if given.driver else ""
    return anyio.run(_learn, context, given, source, [_file(context, each) for each in given.document])


def _check(context: Context, given: LearnInput) -> None:
    """Raises UserError if it is no address at home, or names what only the command line of this machine may name."""
    check_address(given.address)
    if context.address is not None and (given.driver or given.document or ":" in given.by):
        fix = "call `overnight home learn` in a terminal"
        raise UserError("files and commands are named at the command line alone", fix=fix)


async def _learn(context: Context, given: LearnInput, source: str, documents: Sequence[str]) -> LearnedDriver:
    from overnight.home.drivers._http import Http
    from overnight.home.learning.draft import Draft, Wish, draft_driver
    from overnight.home.learning.judge import look_at
    from overnight.home.learning.thing import NoDriver
    from overnight.home.learning.writing import NotWritten

    http = Http(given.address)
    wish = Wish(address=given.address, trait=given.trait, documents=documents, by=given.by, fresh=given.fresh)
    try:
        made = Draft(source=source, by="file") if source else await draft_driver(wish, http, context.say)
        looked = made.looked or await look_at(made.source, http, given.trait)
    except (NoDriver, NotWritten, DeviceError) as error:
        fix = "write a driver as docs/home.md says, and give it with --driver"
        raise UserError(f"nothing is learned of {given.address}: {one_line(str(error), WORDS)}", fix=fix) from error
    finally:
        await http.aclose()
    said, exchange = looked.description, made.exchange
    found = LearnedDriver(
        hash="",
        file="",
        address=given.address,
        made=made.by,
        trait=given.trait,
        problems=[one_line(each, WORDS) for each in looked.problems],
        name=said.name if said else "",
        traits=[str(each) for each in said.traits] if said else (),
        can_set=[each.name for each in said.properties if each.writable] if said else (),
        values=looked.values if said else None,
        asked=requests(looked.asked),
        sends=requests(looked.sends),
        left_out=[one_line(each, WORDS) for each in made.left_out][:20],
        rounds=len(exchange.rounds) if exchange else 0,
        tokens=exchange.tokens if exchange else 0,
        cost_usd=exchange.cost_usd if exchange else 0.0,
    )
    return found_of(keep(made.source, as_text(found), record_text(looked.asked)))


def _file(context: Context, name: Path) -> str:
    """A file of the caller's, or what they type."""
    if name == STANDARD_INPUT and not context.at_home:
        raise UserError("standard input is for the owner alone", fix="give a file")
    if name == STANDARD_INPUT:
        import sys

        content = sys.stdin.buffer.read(LARGEST + 1)
    else:
        try:
            with (context.where / name).open("rb") as file:
                content = file.read(LARGEST + 1)
        except OSError as error:
            raise UserError(f"{name} cannot be read: {error.strerror}", fix="give the path of a file") from error
    if len(content) > LARGEST:
        raise UserError(f"{name} has more than {LARGEST:,} bytes", fix="a driver or a document is some pages")
    return content.decode("utf-8", "replace")


def state(context: Context, given: LearnInput) -> str:
    """Where it is, and the files that are used there."""
    _check(context, given)
    files = [_file(context, each) for each in (given.driver, *given.document) if each]
    return "\n".join([given.address, given.by, *files])


def tells(_context: Context, given: LearnInput) -> str:
    """What it does."""
    who = f"`{one_line(given.by, WORDS)}`" if given.by else "a model"
    return f"reads {given.address}; if that does not describe itself plainly, {who} writes a driver from what it says"


def render(found: LearnedDriver) -> str:
    """What was found, with what to type next."""
    after = (
        "" if found.problems else f"\nRight as far as reading shows. To trust it: overnight home trust NAME {found.hash[:12]}"
    )
    return driver_words(found) + after


OPERATION = Operation(
    name="home learn",
    about="Learn to read an unknown device, from what it says of itself or by a driver file; nothing of it is changed.",
    details="A device that describes itself by a Thing Description or by OpenAPI needs no model. For any other, your model, or"
    " an agent with --by, writes a driver, and is told what is wrong with it, up to 5 rounds. The driver runs in the jail"
    " without a network; we pass on what it asks of this one address, and only GET. Some devices do something when they are"
    " asked by GET, which is why agents need your approval.",
    input=LearnInput,
    output=LearnedDriver,
    tier=Tier.PHYSICAL,
    egress=True,
    state=state,
    tells=tells,
    of_machine=True,
    lasts=True,
    run=run,
    words=Origin.FOREIGN,
    render=render,
    holds=lambda found: not found.problems,
    read_back=repeatable,
)
