"""`overnight hub verify`: the process that runs what strangers sent, started by `overnight hub serve`; it has no key."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, closing
from pathlib import Path

import click

from overnight.cli.options import sandbox_option
from overnight.cli.research import View, run_session
from overnight.git.history import GitHistory
from overnight.git.repository import Repository
from overnight.pool.hub.kind import hub_kind
from overnight.pool.hub.opening import hub_folder, require_committed
from overnight.pool.hub.program import hub_program
from overnight.pool.hub.settings import read_hub_settings
from overnight.pool.record.record import HubRecord
from overnight.research.kind import CampaignKind
from overnight.research.loop.stop import Stop
from overnight.research.wiring import SessionRequest


@click.command()
@click.option("--experiments", type=click.IntRange(min=1), help="At most this many more submissions.")
@click.option("--hours", type=click.FloatRange(min=0, min_open=True), help="At most this many more hours.")
@sandbox_option
@click.option("--slots", type=click.IntRange(min=1), help="Trials at once; by default what the cores allow.")
@click.option("--plain", is_flag=True, help="Print a line per event instead of the live screen.")
def verify(*, experiments: int | None, hours: float | None, sandbox: str, slots: int | None, plain: bool) -> int:
    """Verify what waits, until Ctrl-C; `overnight hub serve` starts this.

    Submissions come in and blocks are signed only while `overnight hub serve` runs.
    """
    request = SessionRequest(experiments=experiments, hours=hours, sandbox=sandbox, slots=slots)
    return run_session(Path.cwd(), request, plain=plain, report=False, makes_kind=_kind)


@asynccontextmanager
async def _kind(repository: Repository, _request: SessionRequest, _stop: Stop, _view: View) -> AsyncIterator[CampaignKind]:
    settings = read_hub_settings(repository)
    with HubRecord(hub_folder(repository)) as record, closing(GitHistory(repository)) as history:
        require_committed(record, history, hub_program(repository, settings), settings)
        yield hub_kind(settings, record, history)
