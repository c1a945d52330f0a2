"""`overnight work`: searching for a hub of others; without a subcommand, how it stands."""

import click

from overnight.cli.command_of import OperationGroup, command_named
from overnight.cli.main import COMMANDS
from overnight.operations.registry import names

MODULES = {  # subcommands by hand, each an attribute of its module; the others are made from operations
    "join": "work_join",
    "run": "work_run",
    "submit": "work_submit",
}
ORDER = ("join", "run", "submit", "status")
STATUS = "work status"


@click.pass_context
def _alone(context: click.Context) -> None:
    if context.invoked_subcommand is None:
        status = command_named(STATUS, [STATUS])
        if status is None:
            raise TypeError(f"`{STATUS}` is no operation")
        context.invoke(status, most=20, as_json=False)


work = OperationGroup("work", names(added=False), about=COMMANDS["work"][1], by_hand=MODULES, order=ORDER, callback=_alone)
