"""`overnight serve`: pages, REST and live events over everything, for browsers and programs."""

import asyncio
import json
import os
import signal
import sys
import threading
import time
from collections.abc import AsyncIterator, Callable, Iterator, Sequence
from contextlib import asynccontextmanager, contextmanager, suppress
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING

import click

from overnight.cli.front import Front, Ready, say
from overnight.cli.options import json_option
from overnight.errors import UserError

if TYPE_CHECKING:
    import socket


@click.command()
@click.option("--port", type=click.IntRange(0, 65535), default=8765, show_default=True, help="Of this machine; 0: a free one.")
@click.option("--repo", "repos", multiple=True, type=click.Path(path_type=Path), help="Serve this one; by default that here.")
@click.option("--lan", is_flag=True, help="Also to devices of this network, over TLS.")
@json_option
def serve(*, port: int, repos: tuple[Path, ...], lan: bool, as_json: bool) -> int:
    """Serve pages, REST and live events over campaigns and everything else, on this machine alone.

    Prints a link that opens once. The repositories of the loops that `overnight ps` lists are served too. Ctrl-C ends it.
    """
    import anyio

    anyio.run(_serve, port, repos, lan, as_json)
    return 0


async def _serve(port: int, repos: Sequence[Path], lan: bool, as_json: bool) -> None:
    import anyio

    from overnight.files.state_folder import state_folder
    from overnight.sockets.connections import Bounds
    from overnight.sockets.server import serving
    from overnight.web.application import application
    from overnight.web.attempts import Attempts
    from overnight.web.guard import Guard
    from overnight.web.hosts import hosts, own_name
    from overnight.web.lan import bracketed, certificate, own_addresses
    from overnight.web.repositories import Served
    from overnight.web.token_file import TokenFile

    tokens, served = TokenFile(state_folder()), Served(repos, Path.cwd())
    name = own_name(tokens.folder)
    own, others = (certificate(tokens.folder), [bracketed(each) for each in own_addresses()]) if lan else (None, [])
    sockets = _listening(tokens.folder, port, lan=lan)
    front = Front(
        tokens=tokens,
        scheme="https" if own else "http",
        hosts=others[:1] or (name, "127.0.0.1"),
        port=sockets[0].getsockname()[1],
        fingerprint=own.fingerprint if own else "",
    )
    guard = Guard(
        hosts=hosts(front.scheme, name, front.port, others),
        cookie=name.partition(".")[0],
        tokens=tokens,
        attempts=Attempts(),
        repositories=served.current,
        say=lambda line: say(f"{time.strftime('%H:%M:%S')} {line}", err=as_json),
    )
    with anyio.open_signal_receiver(signal.SIGINT, signal.SIGTERM) as signals:
        async with (
            _known(tokens.folder, front),
            serving(application(guard), sockets, bounds=Bounds(), tls=own.context() if own else None),
        ):
            if as_json:
                ready = Ready(
                    address=front.address, port=front.port, link=front.link(), repositories=list(await served.current())
                )
                click.echo(json.dumps(asdict(ready)))
            else:
                names = ", ".join(await served.current()) or "no repository yet"
                say(f"serving {names} and what is about this machine{' to this network' if lan else ''}; Ctrl-C ends it")
                front.show_link()
            threading.Thread(target=_warm_up, name="warm up", daemon=True).start()
            with _on_enter(front.show_link, asks=not as_json):
                async for _ in signals:
                    return


def _warm_up() -> None:
    """Do before the first page is asked for what it would wait for; if it cannot be done, that page says why."""
    from overnight.web.rendering import warm_up

    with suppress(UserError):
        warm_up()


def _listening(folder: Path, port: int, *, lan: bool) -> "Sequence[socket.socket]":
    """Sockets on the port; if a server of ours has it, the error says so."""
    from overnight.sockets.server import PortTaken, listening
    from overnight.web.running import servers

    try:
        return listening(port, everywhere=lan)
    except PortTaken as taken:
        if not any(each.port == port for each in servers(folder)):
            raise
        fix = "`overnight token --link` prints a link to it; for another server: --port PORT"
        raise UserError(f"`overnight serve` runs on port {port} already", fix=fix) from taken


@asynccontextmanager
async def _known(folder: Path, front: Front) -> AsyncIterator[None]:
    """Be found by `overnight token --link`, while the context lasts."""
    from overnight.web.running import written_down

    with written_down(folder, front.port, front.origins):
        yield


@contextmanager
def _on_enter(print_next: Callable[[], None], *, asks: bool) -> Iterator[None]:
    """Call this when the user presses Enter, while the context lasts."""

    def read() -> None:
        if os.getpgrp() != os.tcgetpgrp(0):  # in the background, where to read would stop us
            return
        if os.read(0, 4096):
            print_next()
        else:
            loop.remove_reader(0)

    loop = asyncio.get_running_loop()
    if not asks or not sys.stdin.isatty():
        yield
        return
    loop.add_reader(0, read)
    try:
        yield
    finally:
        loop.remove_reader(0)
