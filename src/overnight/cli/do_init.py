"""`overnight do --init`: look at a repository, try its checks, and write its actions.md if the user agrees."""

from pathlib import Path

import anyio
import click

from overnight.cli.init import ask_to_write, elapsed
from overnight.cli.options import print_json
from overnight.git.repository import open_repository


def write_actions(folder: Path, *, yes: bool, sandbox: str, as_json: bool) -> int:
    """Propose an actions.md for the repository around a folder, show it, and write it if the user agrees; the exit code.

    Raises:
        UserError: there is one already, or there is no terminal to ask for confirmation.
    """
    from overnight.actions.asking.initialisation import WRITTEN, propose, write
    from overnight.actions.charter import ACTIONS
    from overnight.actions.checkouts.places import own_environment
    from overnight.research.setup.first_trials import FirstTrials

    repository = open_repository(folder)
    tries = FirstTrials(sandbox=sandbox, during=elapsed, environment=own_environment(repository))
    proposal = anyio.run(propose, repository, tries, _silent if as_json else click.echo)
    if not as_json:
        click.echo(proposal.text)
        for note in proposal.notes:
            click.echo(f"note: {note}", err=True)
    if yes or (not as_json and ask_to_write(f"Write this to {ACTIONS}?")):
        proposal = write(proposal, repository)
    if as_json:
        print_json(proposal)
    else:
        click.echo(WRITTEN if proposal.written else "nothing was written")
    return 0 if proposal.written or as_json else 1


def _silent(_: str) -> None:
    """Say nothing."""
