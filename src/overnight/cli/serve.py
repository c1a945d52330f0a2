"""`overnight serve`: pages, REST and live events over everything, for browsers and programs."""

import asyncio
import json
import os
import signal
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import click

from overnight.cli.options import json_option
from overnight.words.foreign import printable

if TYPE_CHECKING:
    from overnight.web.token_file import TokenFile

LINE = 500  # characters


@dataclass(frozen=True, slots=True, kw_only=True)
class Ready:
    """What `serve --json` prints when it takes requests."""

    address: str  # of the first page, for bookmarks
    port: int
    link: str  # opens the pages in a browser, once
    repositories: Sequence[str]


@click.command()
@click.option("--port", type=click.IntRange(0, 65535), default=8765, show_default=True, help="Of this machine; 0: a free one.")
@click.option("--repo", "repos", multiple=True, type=click.Path(path_type=Path), help="Serve this one; by default that here.")
@json_option
def serve(*, port: int, repos: tuple[Path, ...], as_json: bool) -> int:
    """Serve pages, REST and live events over campaigns and everything else, on this machine alone.

    Prints a link that opens once. The repositories of the loops that `overnight ps` lists are served too. Ctrl-C ends it.
    """
    import anyio

    anyio.run(_serve, port, repos, as_json)
    return 0


async def _serve(port: int, repos: Sequence[Path], as_json: bool) -> None:
    import anyio

    from overnight.files.state_folder import state_folder
    from overnight.web.application import application
    from overnight.web.attempts import Attempts
    from overnight.web.connections import Bounds
    from overnight.web.guard import Guard
    from overnight.web.hosts import hosts, own_name
    from overnight.web.repositories import Served
    from overnight.web.server import listening, serving
    from overnight.web.token_file import TokenFile

    tokens, served = TokenFile(state_folder()), Served(repos, Path.cwd())
    name = own_name(tokens.folder)
    sockets = listening(port)
    port = sockets[0].getsockname()[1]
    guard = Guard(
        hosts=hosts("http", name, port),
        cookie=name.partition(".")[0],
        tokens=tokens,
        attempts=Attempts(),
        repositories=served.now,
        say=lambda line: _say(f"{time.strftime('%H:%M:%S')} {line}", err=as_json),
    )
    with anyio.open_signal_receiver(signal.SIGINT, signal.SIGTERM) as signals:
        async with serving(application(guard), sockets, bounds=Bounds()):
            if as_json:
                link = _link(tokens, name, port)
                ready = Ready(address=f"http://{name}:{port}/home", port=port, link=link, repositories=list(served.now()))
                click.echo(json.dumps(asdict(ready)))
            else:
                names = ", ".join(served.now()) or "no repository yet"
                _say(f"serving {names} and what is about this machine; Ctrl-C ends it")
                _print_link(tokens, name, port)
            with _on_enter(lambda: _print_link(tokens, name, port), asks=not as_json):
                async for _ in signals:
                    return


def _print_link(tokens: "TokenFile", name: str, port: int) -> None:
    """Print a link, in a terminal only: a log would keep it."""
    if not sys.stdout.isatty():
        _say(f"http://{name}:{port}/home; `overnight token --link` prints a link that opens it")
        return
    link = _link(tokens, name, port)
    _say(f"  {link}")
    _say(f"  {link.replace(name, '127.0.0.1')}   (if your browser does not find the first)")
    _say("open one of them; it works once, and Enter prints the next")


def _link(tokens: "TokenFile", name: str, port: int) -> str:
    from overnight.web.token import Role, Use

    _, text = tokens.make(Role.OWNER, Use.LINK)
    return f"http://{name}:{port}/enter?token={text}"


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


def _say(line: str, *, err: bool = False) -> None:
    with suppress(OSError):  # a terminal that is gone ends no server
        click.echo(printable(line, LINE), err=err)
