"""`overnight claw`: a persistent agent; the subcommands by hand are below, the others are made from operations."""

import click

from overnight.cli.command_of import OperationGroup
from overnight.cli.main import COMMANDS
from overnight.operations.registry import names

MODULES = {  # subcommands by hand, each an attribute of its module
    "init": "claw_init",
    "chat": "claw_chat",
    "run": "claw_run",
}
WELCOME = """\
A claw is an agent that keeps going: it remembers, keeps your schedule, answers in one chat, and acts on what you allow.

  overnight claw init      six questions; it works at once, also without a model
  overnight claw chat      talk: "remind me in 20 minutes to stretch", "note that tea is in the jar", "help"
  overnight up --claw      keep it running in the background

More: overnight docs claw
"""
NEXT = """\

  overnight claw chat      talk to it; `help` lists what it understands
  overnight up --claw      keep it running in the background
  overnight claw log       what happened; `show N`, `schedule`, `recall WORDS`, `stop` for more
"""
ORDER = ("init", "chat", "run", "status", "log", "show", "say", "remind", "schedule", "note", "recall", "stop", "continue")


def _first_screen() -> None:
    """What to type first; with a claw, how it is."""
    from overnight.claw.folders import claw_names

    names = claw_names()
    if not names:
        click.echo(WELCOME, nl=False)
        return
    from overnight.claw.operations._claw import opened
    from overnight.claw.views.looking import look
    from overnight.claw.views.status import status_words

    for name in names:
        with opened(name) as (folder, record):
            click.echo(status_words(look(folder, record)))
    click.echo(NEXT, nl=False)


@click.pass_context
def _alone(context: click.Context) -> None:
    if context.invoked_subcommand is None:
        _first_screen()


claw = OperationGroup("claw", names(added=False), about=COMMANDS["claw"][1], by_hand=MODULES, order=ORDER, callback=_alone)
