"""`overnight hub init`: hub.yaml, then the keys and the genesis of a chain."""

import platform
from pathlib import Path

import click

from overnight.errors import UserError
from overnight.git.repository import open_repository
from overnight.pool.hub.opening import open_hub
from overnight.pool.hub.settings import SETTINGS, parse_hub_settings, read_hub_settings
from overnight.pool.keys import SHORT


@click.command()
@click.option("--project", help="Its name, as workers see it; by default that of the folder.")
@click.option(
    "--worker",
    "worker",
    multiple=True,
    metavar="KEY=COMMAND",
    help="A command that workers run in place of the program's; again for more.",
)
@click.option("--bounds", metavar="LEAST,MOST", help="Of the metric's values; empty for none, as in `0,`.")
@click.option("--yes", is_flag=True, help="Ask nothing.")
def init(*, project: str | None, worker: tuple[str, ...], bounds: str | None, yes: bool) -> None:
    """Open a hub over the commit that is checked out.

    Writes hub.yaml if there is none, makes a key outside the repository, and shows what will be public before anything is.
    """
    repository = open_repository(Path.cwd())
    path = repository.toplevel / SETTINGS
    if path.exists():
        if project or worker or bounds:
            raise UserError(f"there is a {SETTINGS} already", fix="edit it, and leave the options out")
        settings, text = read_hub_settings(repository), ""
    else:
        text = _text(project or repository.toplevel.name, worker, bounds)
        settings = parse_hub_settings(text)
    if not yes:
        click.confirm(f"Publish this repository's tree, without its hidden files, as `{settings.project}`?", abort=True)
    opened = open_hub(repository, settings)
    if text:
        path.write_text(text)
        click.echo(f"wrote {path}")
    click.echo(f"opened the hub {opened.key[:SHORT]}: {opened.files} files are public, {opened.hidden} are not")
    click.echo(f"its key is in {opened.key_file}: keep a copy elsewhere")
    click.echo("take submissions:   overnight hub serve")


def _text(project: str, worker: tuple[str, ...], bounds: str | None) -> str:
    lines = ["# What strangers get of this repository, see `overnight docs pool`.", f"project: {project}"]
    if worker:
        lines.append("worker:")
        for each in worker:
            key, _, command = each.partition("=")
            lines.append(f'  {key.strip()}: "{command.strip()}"')
    if bounds:
        low, _, high = bounds.partition(",")
        lines.append(f"bounds: [{low.strip() or 'null'}, {high.strip() or 'null'}]")
    lines.append(f'machine: "{platform.machine()}"')
    return "\n".join([*lines, ""])
