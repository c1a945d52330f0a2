"""`overnight secret`: store keys and tokens for overnight alone, list their names, remove them."""

import sys
import time

import click

from overnight.cli.options import json_option, print_json
from overnight.errors import UserError
from overnight.secrets.broker import Broker, user_broker
from overnight.secrets.entry import LONGEST_VALUE, Source, check_name, check_value
from overnight.secrets.listing import SecretEntry
from overnight.words.foreign import printable

_IN_ARGUMENTS = (
    "the command cannot be called like that; what was given is not repeated here, as it may hold a secret. Others see the "
    "arguments of a process, and your shell keeps them"
)
PATH_SHOWN = 200  # characters


class _Quiet(click.Command):
    """Repeats nothing of what it was called with, which may be a secret, unlike click."""

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        """The arguments."""
        try:
            return super().parse_args(ctx, args)
        except click.UsageError:
            fix = "use `overnight secret set NAME`, `list` or `remove NAME`; change a key that was seen"
            raise UserError(_IN_ARGUMENTS, fix=fix) from None


class _QuietGroup(_Quiet, click.Group):
    """The same for what is no command."""

    command_class = _Quiet

    def resolve_command(self, ctx: click.Context, args: list[str]) -> tuple[str | None, click.Command | None, list[str]]:
        """The command that is called."""
        if args[0] not in self.commands:
            raise UserError("`overnight secret` has no such command", fix="use `set NAME`, `list` or `remove NAME`")
        return super().resolve_command(ctx, args)


@click.group(cls=_QuietGroup)
def secret() -> None:
    """Store keys and tokens for overnight alone, list their names, or remove them."""


@secret.command("set")
@click.argument("name")
def set_(name: str) -> None:
    """Store a secret under NAME, such as OPENAI_API_KEY.

    Asks for the value twice, without showing it; if standard input is no terminal, reads it from there, as in
    `pass show openai | overnight secret set OPENAI_API_KEY`. An environment variable of the same name comes first.
    """
    check_name(name)
    broker = user_broker()
    broker.file.read()  # before the question, whether it can be used
    value = check_value(name, _asked(name))
    replaced = broker.file.set(name, value)
    click.echo(f"{'replaced' if replaced else 'stored'} {name} in {_shown(broker)}")
    found = broker.lookup(name)
    if found and found.source is not Source.FILE:
        click.echo(f"note: {name} is also {_place(found.source)}, which comes first", err=True)


@secret.command("list")
@json_option
def list_(as_json: bool) -> None:
    """List the names of all secrets: where each is found, when it was set, who uses it. Never a value."""
    from overnight.cli.caller import context_here
    from overnight.operations.own.secret_list import OPERATION, SecretListInput
    from overnight.operations.perform import perform

    found = perform(OPERATION, context_here(), SecretListInput())
    if as_json:
        print_json(found)
        return
    width = max((len(entry.name) for entry in found.secrets), default=0)
    for entry in found.secrets:
        click.echo(f"{entry.name:<{width}}  {_described(entry)}")
    if not found.secrets:
        click.echo("no secret is stored; `overnight secret set NAME` stores one")


@secret.command()
@click.argument("name")
def remove(name: str) -> None:
    """Remove the secret NAME from the file.

    One in the environment or of systemd is not overnight's to remove.
    """
    check_name(name)
    broker = user_broker()
    if not broker.file.remove(name):
        other = broker.lookup(name)
        where = f"; it is {_place(other.source)}" if other else ""
        raise UserError(f"{_shown(broker)} has no secret {name}{where}", fix="`overnight secret list` shows all names")
    click.echo(f"removed {name} from {_shown(broker)}")
    if other := broker.lookup(name):
        click.echo(f"note: {name} is also {_place(other.source)}, and is still found there", err=True)


def _asked(name: str) -> str:
    """The value, from a person or a pipe."""
    if sys.stdin.isatty():
        return str(click.prompt(f"{name} (not shown)", hide_input=True, confirmation_prompt="again", err=True))
    return sys.stdin.buffer.read(LONGEST_VALUE + 3).decode("latin-1")  # a line's end may follow


def _described(entry: SecretEntry) -> str:
    parts = [_place(entry.source) if entry.source else "not set"]
    if entry.set_at is not None:
        parts.append(time.strftime("set %Y-%m-%d %H:%M", time.localtime(entry.set_at)))
    if entry.hidden:
        parts.append("comes before the one in the file")
    if entry.used_by:
        parts.append(f"for {', '.join(entry.used_by)}")
    return ", ".join(parts)


def _place(source: Source) -> str:
    return {
        Source.ENVIRONMENT: "in the environment",
        Source.CREDENTIAL: "a credential of systemd",
        Source.FILE: "in the file",
    }[source]


def _shown(broker: Broker) -> str:
    return printable(str(broker.file.path), PATH_SHOWN)
