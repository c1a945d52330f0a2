"""`overnight check`: measure the baseline before you spend a night on it."""

from pathlib import Path
from typing import Literal

import anyio
import click

from overnight.cli.caller import context_here, on_terminal
from overnight.cli.live import view_for
from overnight.cli.options import json_option, on_option, print_json, sandbox_option
from overnight.git.repository import open_repository
from overnight.operations.operation import Context
from overnight.operations.perform import perform
from overnight.research.operations.check import OPERATION, CheckInput
from overnight.research.setup.baseline import check_baseline
from overnight.research.views.check import CheckReport, describe
from overnight.research.wiring import SessionRequest


@click.command()
@sandbox_option
@click.option("--slots", type=click.IntRange(min=1), help="Trials at once; by default what the cores allow.")
@on_option
@json_option
def check(sandbox: Literal["jail", "process"], slots: int | None, on: str, as_json: bool) -> None:
    """Check the program: measure the baseline, its noise, and what the gate could detect.

    Tries each role first: looks for its program, and asks its providers which models they have, which uses
    no token. Runs the checks, a few trials of what you have committed, and the holdout and audit commands
    once; their results are not shown. Nothing is recorded. With `--on`, it then runs the same trials on each of those
    machines, and says whether they measure alike.
    """

    def seen(context: Context, given: CheckInput) -> CheckReport:
        request = SessionRequest(
            sandbox=given.sandbox,
            slots=given.slots,
            on=given.on,
            allowed_only=not context.at_home,
            allows=on_terminal("overnight check"),
        )
        return anyio.run(_check, context.where, request, as_json)

    found = perform(OPERATION, context_here(), CheckInput(sandbox=sandbox, slots=slots, on=on), run=seen)
    if as_json:
        print_json(found)
    else:
        click.echo(describe(found))


async def _check(folder: Path, request: SessionRequest, quiet: bool) -> CheckReport:
    repository = open_repository(folder)
    with view_for(plain=True) as view:
        return await check_baseline(repository, request, [] if quiet else [view.see], view.note)
