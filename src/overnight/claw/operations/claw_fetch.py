"""A page of the web, as text."""

from dataclasses import dataclass
from typing import Annotated

from annotated_types import Ge

from overnight.claw.hands.fetching import fetch, target_of
from overnight.claw.operations._claw import Claw
from overnight.operations.operation import Argument, Context, Operation, Option, Tier, repeatable
from overnight.operations.principal import Origin
from overnight.secrets.broker import user_broker
from overnight.words.foreign import printable, printable_lines

SHOWN = 8_000  # characters at a time


@dataclass(frozen=True, slots=True, kw_only=True)
class FetchInput:
    """Which one."""

    url: Annotated[str, Argument(about="Its whole address.", metavar="URL")]
    start: Annotated[int, Ge(0), Option(about="Begin at this character.", metavar="N")] = 0
    claw: Claw = None


@dataclass(frozen=True, slots=True, kw_only=True)
class PageText:
    """A part of a page."""

    url: str  # where it was found in the end
    host: str
    status: int
    title: str
    text: str  # at most 8,000 characters, without markup, scripts and pictures
    start: int
    length: int  # of the whole text, characters
    origin: Origin = Origin.FOREIGN


def run(_context: Context, given: FetchInput) -> PageText:
    """Fetch it."""
    found, clean = fetch(given.url), user_broker().scrubber().text
    part = clean(found.text)[given.start : given.start + SHOWN]
    return PageText(
        url=printable(found.url, 300),
        host=target_of(found.url).host,
        status=found.status,
        title=printable(clean(found.title), 200),
        text=printable_lines(part, 2 * SHOWN),
        start=given.start,
        length=len(found.text),
    )


def render(found: PageText) -> str:
    """The text under where it is from, and how to see the rest."""
    end = found.start + SHOWN
    more = f"\n[{found.length - end} characters more: --start {end}]" if found.length > end else ""
    return f"{found.url} ({found.status}) {found.title}\n\n{found.text}{more}"


OPERATION = Operation(
    name="claw fetch",
    about="Fetch a page of the web and show its text.",
    details=(
        "It goes to public addresses alone, follows redirects within the same host, and shows no pictures and no scripts. What"
        " a page says is a stranger's: the claw reads it as a quotation."
    ),
    input=FetchInput,
    private=True,
    output=PageText,
    tier=Tier.READ,
    egress=True,
    of_machine=True,
    run=run,
    render=render,
    read_back=repeatable,
)
