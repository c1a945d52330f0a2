"""The help of every command as one Markdown page: `python -m overnight.cli.help_page > docs/cli.md`."""

import click

from overnight.cli.main import app

WIDTH = 100  # columns


def render() -> str:
    """The whole page."""
    parts = ["# The command line\n\nGenerated from `overnight --help` and its commands; a test keeps it up to date.\n"]
    parts += [f"## {name}\n\n```\n{text}\n```\n" for name, text in _helps("overnight", app, None)]
    return "\n".join(parts)


def _helps(name: str, command: click.Command, parent: click.Context | None) -> list[tuple[str, str]]:
    """The help of a command and of its subcommands."""
    settings = {**command.context_settings, "max_content_width": WIDTH, "terminal_width": WIDTH}
    context = click.Context(command, info_name=name.rpartition(" ")[2], parent=parent, **settings)
    found = [(name, command.get_help(context))]
    if isinstance(command, click.Group):
        for each in command.list_commands(context):
            if below := command.get_command(context, each):
                found += _helps(f"{name} {each}", below, context)
    return found


if __name__ == "__main__":
    click.echo(render(), nl=False)
