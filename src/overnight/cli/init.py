"""`overnight init`: look at a repository, propose a front matter, try it, and write it if the user agrees."""

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import anyio
import click

from overnight.cli.caller import check_by_hand
from overnight.cli.options import json_option, print_json, sandbox_option
from overnight.errors import UserError
from overnight.git.repository import open_repository
from overnight.program.program import Take, TimeUnit
from overnight.research.setup.below import folder_below
from overnight.research.setup.initialisation import initialise
from overnight.research.setup.wishes import Wishes


@click.command()
@click.option("--yes", is_flag=True, help="Write without asking, for scripts.")
@click.option("--metric", help="The metric, as NAME or NAME:minimize or NAME:maximize.")
@click.option("--measure", help="The command that prints the metric.")
@click.option("--pattern", help="A regular expression with one group that reads the metric from a line.")
@click.option("--result", help="A JSON file that the command writes, which has the metric.")
@click.option(
    "--take",
    type=click.Choice([take.value for take in Take]),
    help="Which value counts of a metric that is printed again and again.",
)
@click.option("--values", type=click.IntRange(1), help="How many values a trial prints, with --take geomean.")
@click.option(
    "--unit", type=click.Choice([unit.value for unit in TimeUnit]), help="For a pattern whose group is a time with its unit."
)
@click.option("--editable", multiple=True, help="A file or glob that may be edited; can be repeated.")
@click.option("--checks", multiple=True, help="A command that must pass before a trial is worth running; can be repeated.")
@click.option("--readable", multiple=True, help="Data that is not committed, or outside the repository; can be repeated.")
@click.option("--env", multiple=True, help="A plain variable of the commands, as NAME=VALUE; can be repeated.")
@click.option("--wall", help="How long one trial may take, such as 20m.  [default: 5m]")
@click.option(
    "--allow-exit", type=click.IntRange(0, 255), multiple=True, help="An exit code that is no failure; can be repeated."
)
@sandbox_option
@json_option
def init(
    *, yes: bool, sandbox: str, as_json: bool, readable: tuple[str, ...], take: str | None, unit: str | None, **options: Any
) -> int:  # Any: as click parsed them
    """Look at this repo and write the front matter of its program.md.

    Proposes every key with its reason, runs the checks once and the measure command twice to show what it reads and how
    noisy it is, and asks before it writes. The text of an existing program.md is kept below the front matter.
    """
    from overnight.research.setup.first_trials import FirstTrials

    if sandbox != "jail":
        check_by_hand(f"init --sandbox {sandbox}")
    paths = tuple(os.path.abspath(Path(path).expanduser()) for path in readable)  # noqa: PTH100  # links stay as they are
    repository = open_repository(Path.cwd())
    below = folder_below(repository, Path.cwd())
    how, of_time = Take(take) if take else None, TimeUnit(unit) if unit else None
    wishes = Wishes(**options, readable=paths, take=how, unit=of_time, below=below)
    ask = (lambda _: yes) if yes or as_json else ask_to_write
    say = _silent if as_json else click.echo
    tries = FirstTrials(sandbox=sandbox, during=elapsed)
    report = anyio.run(initialise, repository, wishes, tries, ask, say)
    if as_json:
        print_json(report)
    return 0 if report.written or as_json else 1


@contextmanager
def elapsed(what: str) -> Iterator[None]:
    """Show what runs and for how long it has, if standard error is a terminal; the line disappears at the end."""
    if not sys.stderr.isatty():
        yield
        return
    from rich.console import Console
    from rich.progress import Progress, SpinnerColumn, TextColumn, TimeElapsedColumn

    columns = (SpinnerColumn(), TextColumn("{task.description}", markup=False), TimeElapsedColumn())
    with Progress(*columns, console=Console(stderr=True), transient=True) as progress:
        progress.add_task(what, total=None)
        yield


def ask_to_write(question: str) -> bool:
    """Whether the user agrees; UserError without a terminal."""
    if not sys.stdin.isatty():
        raise UserError("nothing was written: there is no terminal to ask for confirmation", fix="pass --yes")
    return click.confirm(question)


def _silent(_: str) -> None:
    """Say nothing."""
