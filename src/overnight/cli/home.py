"""`overnight home`: the subcommands by hand are below, all others are made from operations."""

import importlib

import click

from overnight.cli import from_registry
from overnight.cli.caller import check_by_hand, is_declared

MODULES = {  # subcommands by hand, each an attribute of its module
    "demo": "home_demo",
    "init": "home_init",
    "twins": "home_twins",
    "watch": "home_watch",
}


class HomeGroup(click.Group):
    """A group that imports a subcommand's module when it is called."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        """All names."""
        return sorted({*super().list_commands(ctx), *MODULES})

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """The subcommand with this name, None if there is none."""
        if cmd_name not in MODULES:
            return super().get_command(ctx, cmd_name)
        command = getattr(importlib.import_module(f"overnight.cli.{MODULES[cmd_name]}"), cmd_name)
        if not isinstance(command, click.Command):
            raise TypeError(f"home {cmd_name} is not a command")
        return command

    def resolve_command(self, ctx: click.Context, args: list[str]) -> tuple[str | None, click.Command | None, list[str]]:
        """The subcommand that is called; one by hand is for the owner alone."""
        if args[0] in MODULES and is_declared():
            check_by_hand(f"home {args[0]}")
        return super().resolve_command(ctx, args)


def __getattr__(name: str) -> click.Command:
    """The group, made of what operations there are."""
    if name != "home":
        raise AttributeError(name)
    from overnight.cli.main import COMMANDS

    made = from_registry.__getattr__(name)
    if not isinstance(made, click.Group):
        raise TypeError("`home` is no group of operations")
    return HomeGroup(
        name,
        commands=made.commands,
        params=made.params,
        callback=made.callback,
        invoke_without_command=True,
        help="\n\n".join([COMMANDS[name][1], *(made.help or "").split("\n\n")[1:]]),
    )
