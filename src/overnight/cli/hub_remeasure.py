"""`overnight hub remeasure`: the process that measures a new block again, started by `overnight hub serve`; it has no key."""

import signal
from pathlib import Path

import click

from overnight.cli.options import sandbox_option


@click.command()
@sandbox_option
@click.option("--slots", type=click.IntRange(min=1), help="Trials at once; by default what the cores allow.")
def remeasure(*, sandbox: str, slots: int | None) -> int:
    """Measure the further pairs that a new block still needs; `overnight hub serve` starts this.

    Every pair is recorded when it ends; Ctrl-C leaves nothing else behind.
    """
    import anyio

    anyio.run(_remeasure, sandbox, slots)
    return 0


async def _remeasure(sandbox: str, slots: int | None) -> None:
    import anyio

    from overnight.git.repository import open_repository
    from overnight.pool.hub.further_pairs import measure
    from overnight.pool.hub.opening import hub_folder
    from overnight.pool.hub.settings import read_hub_settings
    from overnight.pool.record.record import HubRecord
    from overnight.research.wiring import SessionRequest

    repository = open_repository(Path.cwd())
    with HubRecord(hub_folder(repository)) as record, anyio.open_signal_receiver(signal.SIGINT, signal.SIGTERM) as signals:
        async with anyio.create_task_group() as tasks:

            async def end() -> None:
                async for _ in signals:
                    tasks.cancel_scope.cancel()

            tasks.start_soon(end)
            await measure(repository, read_hub_settings(repository), record, SessionRequest(sandbox=sandbox, slots=slots))
            tasks.cancel_scope.cancel()
