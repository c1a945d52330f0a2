"""`overnight hub restore`: a hub from a backup, in a clone of its repository."""

from pathlib import Path
from typing import TYPE_CHECKING

import click

from overnight.cli.options import json_option, print_json

if TYPE_CHECKING:
    from overnight.pool.work.copies import Copy


@click.command()
@click.argument("file", type=click.Path(path_type=Path))
@click.option("--against", metavar="URL|FOLDER", help="What is published of it: at its address, in a mirror.")
@click.option("--anyway", is_flag=True, help="Also if there is nothing to compare it with, or that shows more of the chain.")
@json_option
def restore(*, file: Path, against: str | None, anyway: bool, as_json: bool) -> int:
    """Make the hub of FILE in the repository here, a clone of the one that it was opened in.

    What was accepted since the backup is lost. If workers have seen it, the hub would sign a second chain, which is proof
    against you: therefore it is compared with what is published.
    """
    from overnight.git.repository import open_repository
    from overnight.pool.keeping import restore as restoring
    from overnight.pool.keys import SHORT, require_cryptography
    from overnight.words.quantities import counted

    require_cryptography()
    repository = open_repository(Path.cwd())
    found = restoring.restore(repository, file, _published(against), anyway=anyway)
    if as_json:
        print_json(found)
        return 0
    click.echo(f"the hub {found.hub[:SHORT]} is in {found.folder}, with {counted(found.entries, 'block')}")
    for note in found.notes:
        click.echo(note)
    click.echo("never serve two copies: be sure that the original has ended for good, then: overnight hub serve")
    return 0


def _published(against: str | None) -> "Copy | None":
    import anyio

    from overnight.errors import UserError
    from overnight.pool.chain import BadChain
    from overnight.pool.work.copies import read_any

    try:
        return anyio.run(read_any, against) if against else None
    except BadChain as bad:
        raise UserError(f"{against} does not hold: {bad}", fix="name another copy of the chain") from bad
