"""`overnight learn`: a curriculum in the terminal, and what an agent that teaches calls."""

import click

from overnight.cli.command_of import OperationGroup
from overnight.cli.main import COMMANDS
from overnight.operations.registry import names

MODULES = {"course": "learn_course", "install": "learn_install"}  # by hand, each an attribute of its module
ORDER = (
    *("course", "list", "start", "status", "next", "predict", "check", "hint", "fill"),
    *("solution", "explain", "review", "log", "reset", "install", "test"),
)


class LearnGroup(OperationGroup):
    """`learn NAME` and `learn --language LANGUAGE` are of `learn course`."""

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        """The options of a call."""
        return super().parse_args(ctx, ["course", *args] if args and args[0].startswith("--language") else args)

    def resolve_command(self, ctx: click.Context, args: list[str]) -> tuple[str | None, click.Command | None, list[str]]:
        """The subcommand that is called."""
        if args[0] not in self.list_commands(ctx) and not args[0].startswith("-"):
            args = ["course", *args]
        return super().resolve_command(ctx, args)


@click.pass_context
def _alone(context: click.Context) -> None:
    if context.invoked_subcommand is None:
        from overnight.cli.learn_course import course

        context.invoke(course)


learn = LearnGroup("learn", names(added=False), about=COMMANDS["learn"][1], by_hand=MODULES, order=ORDER, callback=_alone)
