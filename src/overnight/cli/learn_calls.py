"""What the course at a terminal calls, with what is typed there in place of commands."""

from typing import Any

import click

from overnight.cli.caller import context_here
from overnight.errors import UserError
from overnight.operations.perform import perform
from overnight.operations.registry import find
from overnight.words.foreign import printable

LINE = 500  # characters of a message
IN_COURSE = (  # commands, and what is typed here instead
    ("; overnight learn hint", "; h: a hint"),
    ("; overnight learn solution", "; s: the solution"),
    ("overnight learn check, then overnight learn hint", "Enter checks, then h: a hint"),
    ("try it, then overnight learn check", "try the exercise again first"),
    ("overnight learn solution", "s"),
)


class Stop(Exception):  # noqa: N818  # the learner's wish
    """The learner stops for now."""


def call(operation_name: str, /, **inputs: object) -> Any:  # Any: the operation's output
    """What an operation answers."""
    operation = find(operation_name)
    if operation is None:
        raise KeyError(operation_name)
    return perform(operation, context_here(), operation.input(**inputs))


def say(operation_name: str, /, **inputs: object) -> Any:  # Any: the operation's output
    """Call it, and print what a person reads."""
    found = call(operation_name, **inputs)
    operation = find(operation_name)
    if operation is not None:
        text = operation.render(found).removesuffix("next: overnight learn next").rstrip()
        click.echo(f"\n{_in_course(text)}")
    return found


def say_or_why(operation_name: str, /, **inputs: object) -> Any:  # Any: the operation's output; None: it is refused
    """Call it, and print what a person reads, or why it is refused."""
    try:
        return say(operation_name, **inputs)
    except UserError as error:
        click.echo(f"\n{_in_course(printable(str(error), LINE))}")
        return None


def _in_course(text: str) -> str:
    """Words of a command, as they are for who types keys."""
    for command, key in IN_COURSE:
        text = text.replace(command, key)
    return text
