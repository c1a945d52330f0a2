"""`overnight init`: look at a repository, propose a front matter, try it, and write it if the user agrees."""

import sys
from pathlib import Path

import anyio
import click

from overnight.cli.options import json_option, print_json, sandbox_option
from overnight.errors import UserError
from overnight.git.repository import open_repository
from overnight.research.setup.first_look import Wishes
from overnight.research.setup.initialisation import initialise


@click.command()
@click.option("--yes", is_flag=True, help="Write without asking, for scripts.")
@click.option("--metric", help="The metric, as NAME or NAME:minimize or NAME:maximize.")
@click.option("--measure", help="The command that prints the metric.")
@click.option("--editable", multiple=True, help="A file or glob that may be edited; can be repeated.")
@sandbox_option
@json_option
def init(*, yes: bool, metric: str | None, measure: str | None, editable: tuple[str, ...], sandbox: str, as_json: bool) -> int:
    """Look at this repo and write the front matter of its program.md.

    Proposes every key with its reason, runs the checks once and the measure command twice to show what it reads and how
    noisy it is, and asks before it writes. The text of an existing program.md is kept below the front matter.
    """
    from overnight.research.setup.first_trials import FirstTrials

    wishes = Wishes(metric=metric, measure=measure, editable=editable)
    ask = (lambda _: yes) if yes or as_json else _ask
    say = _silent if as_json else click.echo
    report = anyio.run(initialise, open_repository(Path.cwd()), wishes, FirstTrials(sandbox=sandbox), ask, say)
    if as_json:
        print_json(report)
    return 0 if report.written or as_json else 1


def _ask(question: str) -> bool:
    if not sys.stdin.isatty():
        raise UserError("nothing was written: there is no terminal to ask for confirmation", fix="pass --yes")
    return click.confirm(question)


def _silent(_: str) -> None:
    """Say nothing."""
