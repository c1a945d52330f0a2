"""`overnight hub serve`: takes submissions, has them verified, and publishes the chain."""

import signal
import time
from contextlib import closing
from pathlib import Path

import click

from overnight.cli.front import say


@click.command()
@click.option("--port", type=click.IntRange(0, 65535), default=8770, show_default=True, help="Of this machine; 0: a free one.")
@click.option("--everywhere", is_flag=True, help="On all addresses of this machine, not only on loopback.")
@click.option("--url", default="", help="The address that workers reach it at; by default that of a page's visitor.")
def serve(*, port: int, everywhere: bool, url: str) -> int:
    """Take submissions, verify them one after another, and publish the chain of what was accepted.

    Strangers reach the protocol and the public pages, nothing else. For the internet, put a TLS proxy in front, and give
    the hub a machine of its own. Ctrl-C ends it when the running trials are recorded; nothing that was answered is lost.
    """
    import anyio

    anyio.run(_serve, port, everywhere, url)
    return 0


async def _serve(port: int, everywhere: bool, url: str) -> None:
    import anyio

    from overnight.git.history import GitHistory
    from overnight.git.repository import open_repository
    from overnight.pool.hub.opening import hub_folder, hub_key, require_committed, require_same_program
    from overnight.pool.hub.program import hub_program
    from overnight.pool.hub.running import HubRunner
    from overnight.pool.hub.settings import read_hub_settings
    from overnight.pool.keys import SHORT
    from overnight.pool.record.record import HubRecord
    from overnight.pool.serving.application import application
    from overnight.pool.serving.desk import Desk, Rules
    from overnight.pool.serving.public_pages import PublicPages
    from overnight.pool.work.client import HubAddress
    from overnight.sockets.connections import Bounds
    from overnight.sockets.server import listening, serving

    url = HubAddress.parse(url).url if url else ""
    repository = open_repository(Path.cwd())
    settings = read_hub_settings(repository)
    folder = hub_folder(repository)
    with HubRecord(folder) as record, record.store.lock():
        record.chain()  # it must hold before anything is added
        require_same_program(record, repository, settings)
        key, program = hub_key(repository), hub_program(repository, settings)
        with closing(GitHistory(repository)) as history:
            require_committed(record, history, program, settings)
        rules = Rules(behind=settings.stale_after, invitations=settings.invitations, work_bits=settings.work_bits)
        sockets = listening(port, everywhere=everywhere)
        address = f"http://127.0.0.1:{sockets[0].getsockname()[1]}"
        runner = HubRunner(repository=repository, settings=settings, program=program, key=key, say=_line)
        with anyio.open_signal_receiver(signal.SIGINT, signal.SIGTERM) as signals:
            made = application(
                lambda: Desk(HubRecord(folder), key, settings.project, program, rules=rules), proxy=settings.proxy
            )
            pages = PublicPages(lambda: HubRecord(folder, read_only=True), url=url, invitations=settings.invitations)
            pages.add_to(made)
            bounds = Bounds(connections=settings.connections)
            async with serving(made, sockets, bounds=bounds), anyio.create_task_group() as tasks:
                tasks.start_soon(runner.run)
                say(f"the hub {key.public[:SHORT]} takes submissions for {settings.project} at {address}; Ctrl-C ends it")
                say(f"a worker joins with:  overnight work join {url or address}")
                say(f"its pages for everybody:  {url or address}/")
                async for _ in signals:
                    say("ending when the running trials are recorded")
                    tasks.cancel_scope.cancel()
                    break
        runner.settle()


def _line(text: str) -> None:
    say(f"{time.strftime('%H:%M:%S')} {text}")
