"""`overnight work run`: searches for the hub of the folder around, within explicit limits."""

import signal
import sys
import time
from functools import partial
from typing import TYPE_CHECKING

import anyio
import click

from overnight.cli.work_here import here, say
from overnight.errors import UserError, leaf_errors

if TYPE_CHECKING:
    from overnight.pool.work.searching import Search

EVERY_S = 180.0  # between lines on how it stands where there is no terminal
LINE = 150  # characters of the live line


@click.command("run")
@click.option("--hours", type=click.FloatRange(min=0, min_open=True), required=True, help="How long.")
@click.option("--tokens", type=click.IntRange(min=0), help="At most this many tokens of models; needed if one is asked.")
@click.option("--cost", "cost_usd", type=click.FloatRange(min=0), help="At most this many US dollars for models.")
@click.option("--cpus", type=click.IntRange(min=1), help="Cores for trials; by default what the cores allow.")
@click.option("--when-idle", is_flag=True, help="Search only while others use less than one core.")
@click.option(
    "--researcher",
    "researchers",
    multiple=True,
    metavar="USE",
    help="Who searches: tuner, agent, agent:MODEL, editor, acp:COMMAND, command:COMMAND; by default work.yaml, else the tuner.",
)
@click.option(
    "--poll",
    "poll_s",
    type=click.FloatRange(min=0.1),
    default=30.0,
    show_default=True,
    help="Seconds between looks at the hub.",
)
def run(
    *,
    hours: float,
    tokens: int | None,
    cost_usd: float | None,
    cpus: int | None,
    when_idle: bool,
    researchers: tuple[str, ...],
    poll_s: float,
) -> int:
    """Search for the hub that was joined in this folder, and send what your own gate keeps.

    Ctrl-C ends it when the running trials are recorded; a second one ends it at once. However it ends, the next run goes on.
    """
    from overnight.pool.work.searching import Search, SearchRequest
    from overnight.pool.work.session import alone
    from overnight.pool.work.settings import asks_models, chosen_researchers

    worker = here()
    chosen = chosen_researchers(researchers, worker.settings)
    if not asks_models(chosen):
        tokens = cost_usd = None  # a campaign without a token left would end at once
    elif tokens is None and cost_usd is None:
        raise UserError("a researcher that may ask models needs a limit", fix="add --tokens N or --cost USD")
    live = _Live()
    request = SearchRequest(
        hours=hours,
        tokens=tokens,
        cost_usd=cost_usd,
        cpus=cpus,
        when_idle=when_idle,
        researchers=chosen,
        poll_s=poll_s,
        look_s=min(2.0, poll_s),
    )

    async def search() -> None:
        async with worker.sender() as sender:
            await _until_signalled(
                Search(
                    place=worker.place,
                    taken=worker.taken,
                    copy=worker.copy,
                    sender=sender,
                    request=request,
                    say=live.say,
                    show=live.show,
                )
            )

    with alone(worker.place):
        try:
            anyio.run(search)
        except BaseExceptionGroup as group:
            ours = [leaf for leaf in leaf_errors(group) if isinstance(leaf, UserError)]
            raise (ours[0] if ours else group) from None
        finally:
            live.clear()
    return 0


async def _until_signalled(search: "Search") -> None:
    async with anyio.create_task_group() as tasks:
        tasks.start_soon(partial(_listen, search))
        await search.run()
        tasks.cancel_scope.cancel()


async def _listen(search: "Search") -> None:
    with anyio.open_signal_receiver(signal.SIGINT, signal.SIGTERM) as signals:
        async for _ in signals:
            if search.stop.is_set():
                search.end_at_once()
                return
            search.stop.set()
            search.say("ending when the running trials are recorded; Ctrl-C again ends at once")


class _Live:
    """Lines that stay, and how it stands: on a terminal a line below them that is written over, else a line now and then."""

    def __init__(self) -> None:
        self._live = sys.stdout.isatty()
        self._shown = ""
        self._next_s = 0.0  # monotonic time before which nothing more is said of how it stands

    def say(self, line: str) -> None:
        """Print a line that stays."""
        self.clear()
        say(line)

    def show(self, line: str) -> None:
        """Write over the last line, or say it."""
        if not self._live:
            if time.monotonic() >= self._next_s:
                self._next_s = time.monotonic() + EVERY_S
                say(line[:LINE])
        elif line != self._shown:
            self._shown = line
            click.echo(f"\r\x1b[K{line[:LINE]}", nl=False)

    def clear(self) -> None:
        """Take it away."""
        if self._shown:
            click.echo("\r\x1b[K", nl=False)
            self._shown = ""
