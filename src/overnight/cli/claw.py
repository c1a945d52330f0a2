"""`overnight claw`: a persistent agent; the subcommands by hand are below, the others are made from operations."""

import importlib

import click

from overnight.cli.caller import check_by_hand, is_declared

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


class ClawGroup(click.Group):
    """A group that imports a subcommand's module when it is called."""

    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002  # click's signature
        """All names, in the order in which they are used."""
        found = {*MODULES, *_operations()}
        return [name for name in ORDER if name in found] + sorted(found - {*ORDER})

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:  # noqa: ARG002
        """The subcommand with this name, None if there is none."""
        if cmd_name in MODULES:
            command = getattr(importlib.import_module(f"overnight.cli.{MODULES[cmd_name]}"), cmd_name)
            if not isinstance(command, click.Command):
                raise TypeError(f"claw {cmd_name} is not a command")
            return command
        from overnight.cli.command_of import command_of
        from overnight.operations.registry import find

        operation = find(f"claw {cmd_name}")
        return command_of(operation) if operation else None


@click.group(cls=ClawGroup, invoke_without_command=True)
@click.pass_context
def claw(context: click.Context) -> None:
    """Talk to a persistent agent that remembers, keeps your schedule and acts on what you allow."""
    if context.invoked_subcommand is None:
        _first_screen()
    elif context.invoked_subcommand in MODULES and is_declared():
        check_by_hand(f"claw {context.invoked_subcommand}")


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


def _operations() -> list[str]:
    from overnight.operations.registry import names

    return [name.removeprefix("claw ") for name in names(added=False) if name.startswith("claw ")]
