"""`overnight learn NAME`: a whole curriculum in the terminal, without a model; every step through the operations."""

import sys
from typing import Any

import click

from overnight.cli.caller import context_here
from overnight.errors import UserError
from overnight.operations.perform import perform
from overnight.operations.registry import find
from overnight.words.foreign import printable

LINE = 500  # characters of a message
KEYS = "Enter: check · h: hint · s: solution · r: read again · q: go on another time"


@click.command()
@click.argument("name", required=False, default="")
def course(name: str) -> None:
    """Take a curriculum in the terminal: predict, try, read, write until the checks pass, explain.

    Without NAME the one that was begun last goes on. It stops and goes on wherever you are.
    """
    if not sys.stdin.isatty():
        raise UserError(
            "the course is taken in a terminal", fix="call `overnight learn start NAME`, then `overnight learn next`"
        )
    if name:
        _say("learn start", name=name)
    while True:
        task = _call("learn next")
        _say("learn next")
        match task.phase:
            case "done":
                return
            case "predict":
                number = click.prompt("What do you expect?", type=click.IntRange(1, len(task.choices)))
                _say("learn predict", number=number)
                click.pause("\nread it, then press a key")
            case "fade":
                gaps = task.gaps.count("____")
                answers = [click.prompt(f"gap {number}") for number in range(1, gaps + 1)]
                _say("learn fill", answers=tuple(answers))
            case "explain":
                _say(
                    "learn explain", words=click.prompt("In your words (Enter: go on without)", default="", show_default=False)
                )
            case _:
                if not _exercise():
                    return


def _exercise() -> bool:
    """One key at an exercise; False: the learner stops for now."""
    while True:
        key = click.prompt(KEYS, default="", show_default=False).strip().lower()
        if key == "q":
            return False
        if key == "r":
            return True
        operation = {"": "learn check", "h": "learn hint", "s": "learn solution"}.get(key)
        if operation is None:
            continue
        try:
            found = _say(operation)
        except UserError as error:
            click.echo(f"{printable(str(error), LINE)}", err=True)
            continue
        if operation == "learn check" and (found.passed or found.attempts == 1):
            return True


def _call(operation_name: str, /, **inputs: object) -> Any:  # Any: the operation's output
    operation = find(operation_name)
    if operation is None:
        raise KeyError(operation_name)
    return perform(operation, context_here(), operation.input(**inputs))


def _say(operation_name: str, /, **inputs: object) -> Any:  # Any: the operation's output
    """Call it, and print what a person reads."""
    found = _call(operation_name, **inputs)
    operation = find(operation_name)
    if operation is not None:
        click.echo(f"\n{operation.render(found)}")
    return found
