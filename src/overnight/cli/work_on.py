"""`overnight work-on`: runs the board in this terminal, or in the background for `overnight do`."""

import sys
import time
from collections.abc import Callable, Coroutine
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

import click

from overnight.cli.options import sandbox_option
from overnight.config import MOST_AT_ONCE

if TYPE_CHECKING:
    from overnight.actions.board.board import BoardRunner
    from overnight.actions.board.working import Session
    from overnight.actions.record import ActionRecord
    from overnight.actions.views.board_page import BoardPage

HINT = "Ctrl-C ends in good order; what was done is kept"
LOOK_S = 0.5


@click.command("work-on")
@click.option("--at-once", type=click.IntRange(1, MOST_AT_ONCE), help="Actions at once; by default 10, or the setting.")
@click.option("--until-idle", is_flag=True, help="End when nothing can go on without you.")
@click.option("--plain", is_flag=True, help="Print a line per event instead of the live screen.")
@click.option("--background", is_flag=True, hidden=True, help="As `overnight do` starts it: end after a while without work.")
@sandbox_option
def work_on(*, at_once: int | None, until_idle: bool, plain: bool, background: bool, sandbox: str) -> None:
    """Run the board: take actions on until Ctrl-C, which lets the steps under way end; a second one ends it at once."""
    import anyio

    from overnight.actions.board.board import BoardRunner
    from overnight.actions.board.working import IDLE_S, Session
    from overnight.actions.record import ActionRecord
    from overnight.config import read_settings
    from overnight.secrets.broker import user_broker

    settings = read_settings(user_broker().environment, Path.home()).actions
    with ActionRecord() as record:
        board = BoardRunner(
            record=record, at_once=at_once or settings.at_once, most_waiting=settings.most_waiting, sandbox=sandbox
        )
        notes: list[str] = []
        live = not plain and not background and sys.stdout.isatty()
        say = notes.append if live else partial(click.echo, err=True)
        session = Session(say=say, idle_s=IDLE_S if background else None, until_idle=until_idle)
        anyio.run(partial(_work, board, session, view=partial(_follow_live, notes) if live else _follow_plainly))
        if not background:
            _say_how_it_stands(_page(record))


async def _work(
    board: "BoardRunner", session: "Session", *, view: "Callable[[ActionRecord], Coroutine[object, object, None]]"
) -> None:
    """Run the board to its end, with a view beside it."""
    import anyio

    from overnight.actions.board.working import work

    async with anyio.create_task_group() as tasks:
        tasks.start_soon(view, board.record)
        await work(board, session)
        tasks.cancel_scope.cancel()


async def _follow_plainly(record: "ActionRecord") -> None:
    """Print a line for each event until cancelled, and then for those that are left."""
    import anyio

    from overnight.actions.views.event_words import event_words

    seq = record.store.newest()
    try:
        while True:
            for entry in record.store.events(after=seq):
                click.echo(f"{time.strftime('%H:%M:%S', time.localtime(entry.at))} {event_words(entry.event)}")
                seq = entry.seq
            await anyio.sleep(LOOK_S)
    finally:
        for entry in record.store.events(after=seq):
            click.echo(f"{time.strftime('%H:%M:%S', time.localtime(entry.at))} {event_words(entry.event)}")


async def _follow_live(notes: list[str], record: "ActionRecord") -> None:
    """Draw the board again and again until cancelled; the last screen stays."""
    import anyio

    from overnight.cli.board_screen import drawing

    with drawing() as draw:
        while True:
            draw(_page(record), notes[-1] if notes else HINT)
            await anyio.sleep(LOOK_S)


def _page(record: "ActionRecord") -> "BoardPage":
    from overnight.actions.operations.board import BoardInput, board_page
    from overnight.cli.caller import context_here

    return board_page(record, context_here(), BoardInput())


def _say_how_it_stands(page: "BoardPage") -> None:
    """What waits, and what to type."""
    from overnight.actions.views.board_words import advice

    click.echo(f"{len(page.needs_you) + len(page.undelivered)} need you, {len(page.flowing)} flow, {len(page.waiting)} wait")
    for each in advice(page):
        click.echo(f"next: {each}")
