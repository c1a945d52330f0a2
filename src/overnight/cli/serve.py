"""`overnight serve`: pages, REST and live events over everything, for browsers and programs."""

import os
from pathlib import Path

import click

from overnight.operations.principal import OWNER, Address, Origin
from overnight.web.calls import Caller
from overnight.web.repositories import named


@click.command()
@click.option("--port", type=click.IntRange(1, 65535), default=8765, show_default=True, help="Of this machine.")
@click.option("--repo", "repos", multiple=True, type=click.Path(path_type=Path), help="Serve this one; by default that here.")
def serve(*, port: int, repos: tuple[Path, ...]) -> int:
    """Serve pages, REST and live events over campaigns and everything else, on this machine alone."""
    from aiohttp import web

    from overnight.web.application import application

    face = Address(channel="web", id="browser")
    caller = Caller(
        principal=OWNER, origin=Origin.OWNER, address=face, repositories=named(repos or (Path.cwd(),)), environment=os.environ
    )
    web.run_app(application(caller), host="127.0.0.1", port=port, print=None)
    return 0
