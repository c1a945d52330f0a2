"""`overnight hub`: a pool of untrusted workers over this repository; subcommands by hand are below, others are operations."""

from pathlib import Path

import click

from overnight.cli.command_of import OperationGroup, command_named
from overnight.cli.main import COMMANDS
from overnight.operations.registry import names

MODULES = {  # subcommands by hand, each an attribute of its module
    "init": "hub_init",
    "serve": "hub_serve",
    "verify": "hub_verify",
    "remeasure": "hub_remeasure",
    "verify-chain": "hub_verify_chain",
    "mirror": "hub_mirror",
    "backup": "hub_backup",
    "restore": "hub_restore",
}
WELCOME = """\
A hub lets strangers search for improvements of this repository, and believes nothing but its own trials.

  overnight hub init       keys and hub.yaml; says what leaves this machine
  overnight hub serve      takes submissions, verifies them, publishes the chain of accepted commits
  overnight hub status     how it stands; `board` and `block N` for more

Workers join with: overnight work join URL       More: overnight docs pool
"""
STATUS = "hub status"
ORDER = ("init", "serve", "status", "queue", "board", "block")


@click.pass_context
def _alone(context: click.Context) -> None:
    if context.invoked_subcommand is not None:
        return
    status = command_named(STATUS, [STATUS])
    if _is_here() and status is not None:
        context.invoke(status, most=20, as_json=False)
        click.echo("more: overnight hub --help")
    else:
        click.echo(WELCOME, nl=False)


def _is_here() -> bool:
    """Whether there is a hub in the repository around."""
    from overnight.errors import RepositoryError
    from overnight.git.repository import open_repository
    from overnight.ledger.file import NAME
    from overnight.pool.hub.opening import hub_folder

    try:
        return (hub_folder(open_repository(Path.cwd())) / NAME).is_file()
    except RepositoryError:
        return False


hub = OperationGroup("hub", names(added=False), about=COMMANDS["hub"][1], by_hand=MODULES, order=ORDER, callback=_alone)
