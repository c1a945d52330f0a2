"""`overnight home scan` on a terminal: it asks first, shows how far it is, and takes names for what is new."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING

import click

from overnight.errors import UserError
from overnight.words.foreign import printable

if TYPE_CHECKING:
    from overnight.home.finding.scan import Findings
    from overnight.home.operations.home_scan import ScanInput, Scanned, Seen
    from overnight.operations.operation import Context

SKIP = "-"
CELL = 60  # characters of what a device says


def scan_here(context: "Context", given: "ScanInput") -> "Scanned":
    """Ask, look, and name what is new."""
    from dataclasses import replace

    from overnight.home.operations.home_scan import look

    given = _agreed(context, given)
    with _progress() as say:
        found = look(context, given, say)
    unnamed = [each for each in found.seen if each.number and not each.name]
    if not unnamed or not found.is_complete:
        return found
    names = _ask_names(context, unnamed)
    seen = [replace(each, name=names[each.number], next="") if names.get(each.number) else each for each in found.seen]
    return replace(found, seen=seen)


def _agreed(context: "Context", given: "ScanInput") -> "ScanInput":
    """What is looked for, once the owner said yes.

    Raises:
        UserError: they did not.
    """
    from dataclasses import replace

    from overnight.home.finding.subnets import home_networks
    from overnight.home.operations._home import opened
    from overnight.home.operations.home_scan import intent, named, plans_of

    with opened() as (record, settings):
        if not given.subnet and not named(record, settings) and (mine := home_networks()):
            answer = click.prompt("Which subnet is your home's?", default=str(mine[0]), err=True)
            given = replace(given, subnet=answer)
        plans = plans_of(context, given, record, settings)
        again = all(str(plan.subnet) in record.scans() for plan in plans)
    for plan in plans:
        click.echo(intent(plan), err=True)
    if not click.confirm("Look?", default=again, err=True):
        raise UserError("nothing was looked at", fix="call it again when you want to")
    return given


@contextmanager
def _progress() -> "Iterator[Callable[[Findings], None]]":
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn

    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn())
    with Progress(*columns, console=Console(stderr=True), transient=True) as progress:
        task = progress.add_task("looking at what is there", total=None)

        def say(findings: "Findings") -> None:
            progress.update(task, total=findings.hosts or None, completed=findings.done)

        yield say


def _ask_names(context: "Context", unnamed: "Sequence[Seen]") -> Mapping[int, str]:
    """The names that the owner gives now, by device."""
    from overnight.home.operations.home_name import OPERATION, NameInput
    from overnight.operations.perform import perform

    click.echo(
        f"New: {len(unnamed)}. A name confirms that a device may be used; Enter takes the one in brackets, - none.", err=True
    )
    names: dict[int, str] = {}
    for each in unnamed:
        said = f' that says it is "{printable(each.said, CELL)}"' if each.said else ""
        click.echo(f"#{each.number} {each.what} at {each.address}{said}", err=True)
        while each.number not in names:
            name = click.prompt("  name", default=each.suggestion, err=True)
            if name == SKIP:
                break
            room = click.prompt("  room", default=each.room or SKIP, err=True)
            try:
                perform(OPERATION, context, NameInput(device=each.number, name=name, room="" if room == SKIP else room))
            except UserError as error:
                click.echo(f"  {error}", err=True)
            else:
                names[each.number] = name
    return names
