"""`overnight meta`: campaigns over a research organisation; the same words as for campaigns."""

import importlib

import click

from overnight.cli.caller import check_by_hand, is_declared

MODULES = {  # subcommands by hand, each an attribute of its module; the others are made from operations
    "init": "meta_init",
    "check": "meta_check",
    "run": "meta_run",
    "demo": "meta_demo",
}
ORDER = ("init", "check", "run", "status", "log", "show", "brief", "report", "audit", "finalize", "demo")


class MetaGroup(click.Group):
    """A group that imports a subcommand's module when it is called."""

    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002  # click's signature
        """All names, in the order in which they are used."""
        found = {*MODULES, *_operations()}
        return [name for name in ORDER if name in found] + sorted(found - {*ORDER})

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:  # noqa: ARG002
        """The subcommand with this name, None if there is none."""
        if cmd_name in MODULES:
            command = getattr(importlib.import_module(f"overnight.cli.{MODULES[cmd_name]}"), cmd_name)  # imports what it needs
            if not isinstance(command, click.Command):
                raise TypeError(f"meta {cmd_name} is not a command")
            return command
        from overnight.cli.command_of import command_of
        from overnight.operations.registry import find

        operation = find(f"meta {cmd_name}")
        return command_of(operation) if operation else None


@click.group(cls=MetaGroup)
@click.pass_context
def meta(context: click.Context) -> None:
    """Improve the research organisation that program.md describes: meta.md says where it is tried."""
    if context.invoked_subcommand in MODULES and is_declared():
        check_by_hand(f"meta {context.invoked_subcommand}")


def _operations() -> list[str]:
    from overnight.operations.registry import names

    return [name.removeprefix("meta ") for name in names(added=False) if name.startswith("meta ")]
