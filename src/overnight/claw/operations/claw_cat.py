"""A file of the claw's own folder."""

from dataclasses import dataclass
from typing import Annotated

from annotated_types import Ge

from overnight.claw.charter import FILES
from overnight.claw.folders import find_claw
from overnight.claw.hands.own_files import read_file
from overnight.claw.operations._claw import Claw, of_owner
from overnight.operations.operation import Argument, Context, Operation, Option, Tier
from overnight.operations.principal import Origin
from overnight.secrets.broker import user_broker
from overnight.words.foreign import printable_lines

SHOWN = 8_000  # characters at a time


@dataclass(frozen=True, slots=True, kw_only=True)
class CatInput:
    """Which one."""

    path: Annotated[str, Argument(about="Its path in the folder.")]
    start: Annotated[int, Ge(0), Option(about="Begin at this character.", metavar="N")] = 0
    claw: Claw = None


@dataclass(frozen=True, slots=True, kw_only=True)
class FileText:
    """A part of a file."""

    text: str  # at most 8,000 characters, without secrets; what cannot be shown is escaped
    start: int
    length: int  # of the whole file, characters
    origin: Origin = Origin.TOOL  # what is in a file may be anybody's words


def run(_context: Context, given: CatInput) -> FileText:
    """Read it."""
    whole = read_file(find_claw(given.claw) / FILES, given.path).decode("utf-8", "replace")
    part = user_broker().scrubber().text(whole)[given.start : given.start + SHOWN]
    return FileText(text=printable_lines(part, 2 * SHOWN), start=given.start, length=len(whole))


def render(found: FileText) -> str:
    """The text, and how to see the rest."""
    end = found.start + SHOWN
    return found.text + (f"\n[{found.length - end} characters more: --start {end}]" if found.length > end else "")


OPERATION = Operation(
    name="claw cat",
    about="Show a file of the claw's own folder.",
    input=CatInput,
    output=FileText,
    tier=Tier.READ,
    of_machine=True,
    requires=of_owner,
    run=run,
    render=render,
)
