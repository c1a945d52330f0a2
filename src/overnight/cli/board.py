"""`overnight board`: what needs you, what flows, what waits and why; once, or live."""

import sys
import time
from contextlib import ExitStack, suppress
from typing import TYPE_CHECKING

import click

from overnight.cli.caller import context_here
from overnight.cli.options import json_option, print_json

if TYPE_CHECKING:
    from overnight.actions.operations.board import BoardInput
    from overnight.operations.operation import Context

LOOK_S = 0.5
WATCH = "Ctrl-C leaves"


@click.command()
@click.option("--watch", is_flag=True, help="Follow it live, until Ctrl-C.")
@click.option("--ended", type=click.IntRange(0, 1000), default=5, show_default=True, help="The newest that have ended.")
@json_option
def board(*, watch: bool, ended: int, as_json: bool) -> None:
    """Show the board of actions: what needs you, what flows, what waits and why."""
    from overnight.actions.operations.board import OPERATION, BoardInput
    from overnight.operations.perform import perform

    context, given = context_here(), BoardInput(ended=ended)
    if watch and as_json:
        raise click.UsageError("--watch and --json cannot be used together")
    page = perform(OPERATION, context, given)
    if as_json:
        print_json(page)
        return
    if watch and sys.stdout.isatty():
        _watch(context, given)
        return
    if not sys.stdout.isatty():
        click.echo(OPERATION.render(page))
        return
    from rich.console import Console

    from overnight.cli.board_screen import draw_board

    Console().print(draw_board(page, time.time()))


def _watch(context: "Context", given: "BoardInput") -> None:
    """Draw it again whenever it is looked at, until Ctrl-C."""
    from overnight.actions.operations._record import open_actions
    from overnight.actions.operations.board import board_page
    from overnight.cli.board_screen import drawing

    with suppress(KeyboardInterrupt), drawing() as draw, ExitStack() as stack:
        record = None
        while True:
            record = record or stack.enter_context(open_actions())  # there may be none yet
            draw(board_page(record, context, given), WATCH)
            time.sleep(LOOK_S)
