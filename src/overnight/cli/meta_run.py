"""`overnight meta run`: one session of a meta-campaign, with its check if that was not done."""

import math
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import click

from overnight.cli.finish import INTERRUPTED
from overnight.cli.meta_check import campaign_line, until_at_once
from overnight.cli.options import sandbox_option
from overnight.cli.research import View, run_session
from overnight.errors import UserError
from overnight.git.repository import Repository, open_repository
from overnight.meta.beginning import check_unchanged
from overnight.meta.charter import Target
from overnight.meta.parsing import charter_notes
from overnight.meta.preparation import find_noise, prepare
from overnight.meta.task import InnerResult
from overnight.meta.wiring import meta_kind, meta_tag, recorded
from overnight.meta.workers import workers
from overnight.research.kind import CampaignKind
from overnight.research.loop.stop import Stop
from overnight.research.places.campaigns import require_sort
from overnight.research.wiring import SessionRequest


class UnfinishedCheckError(UserError):
    """A session ended before its campaign began; what was measured is kept."""

    exit_code = INTERRUPTED


@click.command()
@click.option("--tag", help="Name of the meta-campaign; by default the newest, or a new one named after today.")
@click.option("--experiments", type=click.IntRange(min=1), help="At most this many more organisations.")
@click.option("--hours", type=click.FloatRange(min=0, min_open=True), help="At most this many more hours.")
@sandbox_option
@click.option("--slots", type=click.IntRange(min=1), help="Inner campaigns at once; by default what the cores allow.")
@click.option("--plain", is_flag=True, help="Print a line per event instead of the live screen.")
@click.option(
    "--report/--no-report", default=True, help="Write the report at the end; `overnight meta report` writes it at any time."
)
def run(
    *, tag: str | None, experiments: int | None, hours: float | None, sandbox: str, slots: int | None, plain: bool, report: bool
) -> int:
    """Run a meta-campaign, or continue one.

    A trial is a whole inner campaign on each target. Begins with what `overnight meta check` measures, if that is not
    known. Ctrl-C, SIGTERM or `overnight stop` end it in good order: inner campaigns stop when their running trials are
    recorded, and go on from there the next time. Exit code: as of `overnight run`.
    """
    if tag is not None:
        require_sort(tag, meta=True)
    prepared = prepare(open_repository(Path.cwd()))  # what is wrong is said before anything is shown
    request = SessionRequest(tag=tag, experiments=experiments, hours=hours, sandbox=sandbox, slots=slots or prepared.slots)
    return run_session(Path.cwd(), request, plain=plain, report=report, makes_kind=_kind)


def session(folder: Path, *, tag: str, hours: float, slots: int, plain: bool) -> int:
    """Run one session of a meta-campaign for so long, with its report; the exit code."""
    request = SessionRequest(tag=tag, hours=hours, slots=slots)
    return run_session(folder, request, plain=plain, report=True, makes_kind=_kind)


@asynccontextmanager
async def _kind(repository: Repository, request: SessionRequest, stop: Stop, view: View) -> AsyncIterator[CampaignKind]:
    prepared, deadline = prepare(repository), time.monotonic() + 3600.0 * (request.hours or math.inf)
    view.note(tuple(charter_notes(prepared.charter)))
    named = request.tag or meta_tag(repository)
    if (began := recorded(repository, named)) is not None:
        check_unchanged(prepared.charter, began, named)
        async with workers() as hands:
            yield meta_kind(prepared.charter, began, repository, hands)
        return

    def see(target: Target, pair: int, arm: int, result: InnerResult) -> None:
        view.note([f"check: {campaign_line(target, pair, arm, result)}"])

    async with workers() as hands:
        noise = await until_at_once(
            stop,
            find_noise(
                prepared,
                hands,
                slots=request.slots or prepared.slots,
                sandbox=request.sandbox,
                stopping=lambda: stop.requested or time.monotonic() >= deadline,
                see=see,
            ),
        )
        if noise is None:
            raise UnfinishedCheckError("the check is not finished", fix="`overnight meta run` goes on with it")
        yield meta_kind(prepared.charter, noise, repository, hands)
