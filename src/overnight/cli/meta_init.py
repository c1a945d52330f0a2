"""`overnight meta init`: write the `meta.md` of a repository that has a program."""

import sys
from dataclasses import replace
from pathlib import Path

import anyio
import click

from overnight.cli.options import json_option, print_json
from overnight.errors import UserError
from overnight.git.repository import open_repository
from overnight.meta.charter import META
from overnight.meta.setup import propose
from overnight.research.setup.program_file import write_above

NEXT = f"wrote {META}; review it, commit it, then run `overnight meta check`: it shows what one inner campaign takes"


@click.command()
@click.option("--yes", is_flag=True, help="Write without asking, for scripts.")
@json_option
def init(*, yes: bool, as_json: bool) -> int:
    """Write meta.md beside program.md: where organisations are tried, and which researchers they may choose.

    The researchers that are allowed are those of program.md, and those that `overnight agents` finds ready.
    """
    from overnight.config import read_settings
    from overnight.research.tryout.ways import list_agents
    from overnight.secrets.broker import user_broker

    repository, environment = open_repository(Path.cwd()), user_broker().environment
    found = anyio.run(list_agents, read_settings(environment, Path.home()), environment, repository.toplevel)
    proposal = propose(repository, found.ways)
    if not as_json:
        click.echo(proposal.text)
        for note in proposal.notes:
            click.echo(f"note: {note}", err=True)
    written = yes or (not as_json and _ask())
    if written:
        write_above(Path(proposal.path), proposal.text, None)
    if as_json:
        print_json(replace(proposal, written=written))
    else:
        click.echo(NEXT if written else "nothing was written")
    return 0 if written or as_json else 1


def _ask() -> bool:
    if not sys.stdin.isatty():
        raise UserError("nothing was written: there is no terminal to ask for confirmation", fix="pass --yes")
    return click.confirm(f"Write this to {META}?")
