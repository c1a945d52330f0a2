"""`overnight meta check`: what one inner campaign costs, how noisy its progress is, and what the budget can find."""

import sys
import time
from collections.abc import Callable, Coroutine, Iterator
from contextlib import contextmanager
from pathlib import Path

import anyio
import click

from overnight.cli.finish import INTERRUPTED
from overnight.cli.options import json_option, print_json, sandbox_option
from overnight.cli.signals import listen
from overnight.git.repository import open_repository
from overnight.meta.charter import Target
from overnight.meta.check_report import MetaCheck, check_report, describe
from overnight.meta.noise import Noise, default_pairs
from overnight.meta.parsing import charter_notes
from overnight.meta.preparation import Prepared, find_noise, prepare
from overnight.meta.task import InnerResult
from overnight.meta.workers import workers
from overnight.research.loop.stop import Stop
from overnight.research.views.numbers import number
from overnight.words.quantities import duration

LOOK_S = 0.2
Finished = Callable[[Target, int, int, InnerResult], None]


@click.command()
@click.option(
    "--pairs", type=click.IntRange(2, 1000), help="Pairs of equal campaigns on each target; by default by the budget."
)
@sandbox_option
@click.option("--slots", type=click.IntRange(min=1), help="Inner campaigns at once; by default what the cores allow.")
@json_option
def check(*, pairs: int | None, sandbox: str, slots: int | None, as_json: bool) -> int:
    """Measure what one inner campaign costs, how noisy its progress is, and what difference the budget can find.

    Runs pairs of whole campaigns of the same organisation on every target, the sealed ones too. What was measured is
    kept: after Ctrl-C or a kill it goes on where it stopped, and when nothing has changed it is read again.
    """
    prepared = prepare(open_repository(Path.cwd()))
    for note in charter_notes(prepared.charter):
        click.echo(f"note: {note}", err=True)
    found = anyio.run(measured, prepared, pairs, sandbox, slots or prepared.slots)
    if found is None:
        click.echo("stopped; `overnight meta check` continues", err=True)
        return INTERRUPTED
    if as_json:
        print_json(found)
    else:
        click.echo(describe(found))
    return 0


async def measured(prepared: Prepared, pairs: int | None, sandbox: str, slots: int) -> MetaCheck | None:
    """What the check finds, shown while it runs; None if it is stopped."""
    stop = Stop()
    total = 2 * (pairs or default_pairs(prepared.charter)) * len(prepared.charter.all_targets)
    noise = prepared.known(pairs or 0)
    if noise is None:
        async with anyio.create_task_group() as tasks, workers() as hands:
            with showing(total) as see:
                await tasks.start(listen, stop, _acknowledge)
                noise = await until_at_once(
                    stop,
                    find_noise(
                        prepared,
                        hands,
                        slots=slots,
                        sandbox=sandbox,
                        stopping=lambda: stop.requested,
                        see=see,
                        pairs=pairs,
                    ),
                )
            tasks.cancel_scope.cancel()
    return check_report(prepared.charter, noise, slots) if noise else None


async def until_at_once(stop: Stop, finding: Coroutine[None, None, Noise | None]) -> Noise | None:
    """What a check finds; None if a second request to stop ends it at once."""
    found = None
    async with anyio.create_task_group() as tasks:
        tasks.start_soon(_cancel_at_once, stop, tasks.cancel_scope)
        found = await finding
        tasks.cancel_scope.cancel()
    return found


async def _cancel_at_once(stop: Stop, scope: anyio.CancelScope) -> None:
    while not stop.at_once.cancel_called:
        await stop.nap(LOOK_S)
    scope.cancel()


def campaign_line(target: Target, pair: int, arm: int, result: InnerResult) -> str:
    """What came of one inner campaign of a check."""
    return (
        f"{target.name}, pair {pair + 1}, campaign {arm + 1}: gained {number(result.progress)} in {duration(result.elapsed_s)}"
    )


@contextmanager
def showing(total: int) -> Iterator[Finished]:
    """What shows each finished campaign: a bar on a terminal, lines on standard error elsewhere."""
    if not sys.stderr.isatty():
        done = iter(range(1, total + 1))

        def line(target: Target, pair: int, arm: int, result: InnerResult) -> None:
            click.echo(f"{next(done, total)} of {total}: {campaign_line(target, pair, arm, result)}", err=True)

        yield line
        return
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

    columns = (BarColumn(), MofNCompleteColumn(), TimeElapsedColumn(), TextColumn("{task.description}", markup=False))
    with Progress(*columns, console=Console(stderr=True), transient=True) as progress:
        bar, began = progress.add_task("the first campaigns run", total=total), time.monotonic()
        paces: list[float] = []

        def advance(target: Target, pair: int, arm: int, result: InnerResult) -> None:
            now = time.monotonic() - began
            paces.append(now)
            left = total - len(paces)
            eta = f"about {duration(now / len(paces) * left)} left; " if left else ""
            progress.update(bar, advance=1, description=f"{eta}{campaign_line(target, pair, arm, result)}")

        yield advance


def _acknowledge(what: str) -> None:
    click.echo(what, err=True)
