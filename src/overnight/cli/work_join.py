"""`overnight work join`: a hub's project is fetched and checked, shown, and after one question written into a folder."""

import os
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import anyio
import click

from overnight.cli.options import json_option, print_json
from overnight.errors import UserError


@click.command("join")
@click.argument("url")
@click.argument("folder", metavar="[DIR]", required=False, type=click.Path(path_type=Path))
@click.option("--yes", is_flag=True, help="Agree to what would run, without a question.")
@click.option("--invitation", default="", help="The text that the founder gave you, if the hub asks new workers for one.")
@json_option
def join(*, url: str, folder: Path | None, yes: bool, invitation: str, as_json: bool) -> int:
    """Join the hub at URL: fetch and check its project, show what would run here, ask, and make the folder DIR.

    With `URL#KEY` only a hub with that key is joined. Exit code: 1 if you do not agree.
    """
    from overnight.pool.keys import require_cryptography

    require_cryptography()
    from overnight.cli.work_here import JoinedFolder
    from overnight.pool.work import joining
    from overnight.pool.work.client import HubAddress
    from overnight.pool.work.joined import is_joined, worker_key
    from overnight.pool.work.settings import read_settings
    from overnight.secrets.broker import user_broker

    settings = read_settings(user_broker().environment, Path.home())
    offer = anyio.run(joining.look, HubAddress.parse(url), settings)
    top = (folder or Path.cwd() / offer.folder_name).absolute()
    if is_joined(top):
        fix = f"go on: cd {top} && overnight work run --hours 8; or name a new folder: overnight work join URL DIR"
        raise UserError(f"a hub is joined in {top} already", fix=fix)
    if os.path.lexists(top) and not (top.is_dir() and not any(top.iterdir())):
        raise UserError(f"{top} is not empty", fix="name a new folder: overnight work join URL DIR")
    click.echo(joining.offer_words(offer), err=as_json)
    if not yes:
        if not sys.stdin.isatty():
            raise UserError("somebody has to agree to this", fix="call it on a terminal, or with --yes if you do")
        if not click.confirm(f"\nRun this here, in {top}?"):
            return 1
    key = worker_key()

    async def make(fetched: Callable[[], None]) -> None:
        await joining.join(offer, top, invitation=invitation, fetched=fetched)

    with _progress(len(offer.chain.genesis.files)) as fetched:
        anyio.run(make, fetched)
    if as_json:
        print_json(JoinedFolder(folder=str(top), hub=offer.card.hub, project=offer.card.project, worker=key.public))
    else:
        click.echo(f"joined in {top}; your worker's key is {key.public}\nnext: cd {top} && overnight work run --hours 8")
    return 0


@contextmanager
def _progress(files: int) -> Iterator[Callable[[], None]]:
    """Show how many files are here, on a terminal with a bar; call what it yields for each."""
    from overnight.words.quantities import counted

    if not sys.stderr.isatty():
        click.echo(f"fetching {counted(files, 'file')}", err=True)
        yield lambda: None
        return
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

    columns = (TextColumn("fetching files"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    with Progress(*columns, console=Console(stderr=True), transient=True) as progress:
        task = progress.add_task("", total=files)
        yield lambda: progress.advance(task)
