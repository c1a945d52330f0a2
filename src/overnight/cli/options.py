"""Options and output that several commands share."""

from collections.abc import Callable
from typing import Any, TypeVar

import click

CALLER = "OVERNIGHT_PRINCIPAL"  # the variable that says who calls, unless `--as` does

F = TypeVar("F", bound=Callable[..., Any])  # Any: click decorates functions of every signature


def tag_option(function: F) -> F:
    """`--tag`, the campaign; the newest by default."""
    return click.option("--tag", help="The campaign; by default the one that ran last.")(function)


def json_option(function: F) -> F:
    """`--json`, the same facts for programs; docs/json.md describes the shapes."""
    return click.option("--json", "as_json", is_flag=True, help="Print JSON (see docs/json.md).")(function)


def print_json(value: object) -> None:
    """Print a value as JSON."""
    from overnight.operations.json_text import json_text

    click.echo(json_text(value))


def on_option(function: F) -> F:
    """`--on`, the machines that trials run on; this one by default."""
    about = "Name of the machines in the settings that trials run on (see docs/machines.md)."
    return click.option("--on", default="", metavar="NAME", help=about)(function)


def sandbox_option(function: F) -> F:
    """`--sandbox`, the jail by default; anything else prints a warning each time."""
    return click.option(
        "--sandbox",
        type=click.Choice(["jail", "process"]),
        default="jail",
        show_default=True,
        callback=_warn_unjailed,
        help="`process` runs candidates without a jail: use it only for code that you trust.",
    )(function)


def _warn_unjailed(context: click.Context, parameter: click.Parameter, value: str) -> str:  # noqa: ARG001  # click's signature
    if value != "jail":
        click.echo(
            "WARNING: candidates run without a jail (--sandbox process): they can read and write whatever you can", err=True
        )
    return value
