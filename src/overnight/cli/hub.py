"""`overnight hub`: a pool of untrusted workers over this repository; subcommands by hand are below, others are operations."""

import click

from overnight.cli.command_of import OperationGroup
from overnight.cli.main import COMMANDS
from overnight.operations.registry import names

MODULES = {  # subcommands by hand, each an attribute of its module
    "init": "hub_init",
    "serve": "hub_serve",
    "verify": "hub_verify",
    "verify-chain": "hub_verify_chain",
    "mirror": "hub_mirror",
}
WELCOME = """\
A hub lets strangers search for improvements of this repository, and believes nothing but its own trials.

  overnight hub init       keys and hub.yaml; says what leaves this machine
  overnight hub serve      takes submissions, verifies them, publishes the chain of accepted commits
  overnight hub status     how it stands; `board` and `block N` for more

Workers join with: overnight work join URL       More: overnight docs pool
"""
ORDER = ("init", "serve", "status", "queue", "board", "block")


@click.pass_context
def _alone(context: click.Context) -> None:
    if context.invoked_subcommand is None:
        click.echo(WELCOME, nl=False)


hub = OperationGroup("hub", names(added=False), about=COMMANDS["hub"][1], by_hand=MODULES, order=ORDER, callback=_alone)
