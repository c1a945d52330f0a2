"""`overnight down`: end what is set up, in good order."""

import signal
from collections.abc import Mapping

import click

from overnight.cli.loops import registry_now, wait_for
from overnight.errors import UserError
from overnight.jobs.entries import Entry, read_entry
from overnight.jobs.listing import chosen
from overnight.jobs.setups import forget, unwant
from overnight.jobs.supervisor import ask_to_end
from overnight.research.places.loops import request_end
from overnight.words.foreign import printable
from overnight.words.quantities import duration

WAIT_S = 120.0
DOING = 200  # characters
STILL_ENDING = 1  # exit code


@click.command()
@click.argument("names", nargs=-1)
@click.option("--wait", type=click.FloatRange(min=0), default=WAIT_S, show_default=True, help="Seconds to wait.")
@click.option("--forget", "forgotten", is_flag=True, help="Also forget that the named ones were set up, with their logs.")
def down(*, names: tuple[str, ...], wait: float, forgotten: bool) -> int:
    """End loops in good order, and wait for them.

    Named ones stay down until `overnight up NAME`. Without a name, all that are set up end, with their supervisor; the next
    `overnight up` starts them again.
    """
    registry = registry_now()
    if names:
        entries = {entry.loop.key: entry for entry in chosen(registry, names)}
    elif forgotten:
        raise UserError("--forget needs names", fix="name what to forget: `overnight ps --all` lists it")
    else:
        entries = {entry.loop.key: entry for entry in registry.entries if entry.setup is not None}
    named = {name: entry for name, entry in registry.named().items() if entry.loop.key in entries}
    if names:
        for entry in entries.values():
            unwant(entry)
    held = registry.supervisor
    by_supervisor = not names and held is not None and held.runs and ask_to_end(held)
    if not by_supervisor:
        _ask(named, None if names else signal.SIGTERM)
    left = _wait(named, wait, held if by_supervisor else None)
    if forgotten and not left:
        for entry in entries.values():
            forget(entry)
    return STILL_ENDING if left else 0


def _ask(named: Mapping[str, Entry], number: signal.Signals | None) -> None:
    """Ask each that runs to end; one that cannot be reached keeps none of the others up."""
    for name, entry in named.items():
        if entry.runs:
            try:
                request_end(name, entry, by=number)
            except UserError as error:
                click.echo(f"note: {error}", err=True)


def _wait(named: Mapping[str, Entry], seconds: float, supervisor: Entry | None) -> bool:
    """Wait for the end of loops, and say for what; whether some still run."""
    running = {name: entry for name, entry in named.items() if entry.runs}
    for name, entry in running.items():
        what = f": {printable(entry.present.doing, DOING)}" if entry.present and entry.present.doing else ""
        click.echo(f"waiting for {name}{what}")
    every = {**running, **({"the supervisor": supervisor} if supervisor else {})}
    left = wait_for(lambda: [name for name, entry in every.items() if _runs(entry)], seconds)
    for name in named:
        click.echo(f"{name} is still ending" if name in left else f"{name} is down")
    if left:
        click.echo(f"still ending after {duration(seconds)}: {', '.join(left)}; they go on ending, `overnight ps` shows them")
    return bool(left)


def _runs(entry: Entry) -> bool:
    now = read_entry(entry.place)
    return now is not None and now.runs
