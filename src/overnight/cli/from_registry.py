"""The commands that are made from operations, as attributes of this module: `from_registry.status`."""

import click

from overnight.cli.command_of import command_named
from overnight.operations.registry import names


def __getattr__(name: str) -> click.Command:
    """The command of the operation with this name, or the group of those whose names begin with it."""
    from overnight.cli.main import COMMANDS

    if name.startswith("__"):
        raise AttributeError(name)
    for added in (False, True):  # ours first, since a look for others takes time
        if found := command_named(name, names(added=added), COMMANDS[name][1] if name in COMMANDS else ""):
            return found
    raise AttributeError(name)
