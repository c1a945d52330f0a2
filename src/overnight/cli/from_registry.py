"""The commands that are made from operations, as attributes of this module: `from_registry.status`."""

import click

from overnight.cli.command_of import command_of, group_of
from overnight.operations.registry import find, names


def __getattr__(name: str) -> click.Command:
    """The command of the operation with this name, or the group of those whose names begin with it."""
    from overnight.cli.main import COMMANDS

    if name.startswith("__"):
        raise AttributeError(name)
    for added in (False, True):  # ours first, since a look for others takes time
        listed = names(added=added)
        together = [each for each in listed if f"{each} ".startswith(f"{name} ")]
        found = [operation for each in together if (operation := find(each))]
        if together == [name]:
            return command_of(found[0])
        if found:
            line = COMMANDS[name][1] if name in COMMANDS else " ".join(each.about for each in found)
            return group_of(name, found, line)
    raise AttributeError(name)
