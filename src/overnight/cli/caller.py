"""Who calls from this command line, where, and the door that they come through.

Does not cover: a caller who does not say that they are an agent. A process of the same user is the owner; see docs/trust.md.
"""

import os
import sys
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from overnight.cli.options import CALLER
from overnight.errors import UserError
from overnight.words.foreign import printable

if TYPE_CHECKING:  # a session of the owner's needs none of it
    from overnight.operations.operation import Context
    from overnight.operations.principal import Principal

# Commands that are no operations, or not as a whole, which others than the owner may call: they read, try or can be taken
# back, or pass the door themselves. Any other is the owner's.
FOR_OTHERS = frozenset(
    {
        "init",
        "agents",
        "check",
        "mcp",
        "notify",
        "show",
        "compare",
        "verify",
        "run",
        "audit",
        "meta",
        "do",
        "board",
        "review",
        "claw",
        "home",
        "hub",
        "work",
        "learn",
    }
)
LINE = 2000  # characters of a note


def context_here() -> "Context":
    """The circumstances of a call from here."""
    from overnight.operations.operation import Context
    from overnight.operations.principal import Kind, Origin

    origins = {Kind.OWNER: Origin.OWNER, Kind.AGENT: Origin.CLAW, Kind.STRANGER: Origin.FOREIGN}
    principal = declared_here()
    return Context(
        where=Path.cwd(),
        environment=os.environ,
        principal=principal,
        origin=origins.get(principal.kind, Origin.MEMBER),
        say=_say,
    )


def declared_here() -> "Principal":
    """Who calls."""
    return declared(_option(), os.environ)


def is_declared() -> bool:
    """Whether the caller says who they are; else it is the owner."""
    return bool(_option() or os.environ.get(CALLER))


def by_others() -> bool:
    """Whether somebody else than the owner calls, who may start only what the owner allows."""
    return is_declared() and not context_here().at_home


def on_terminal(command: str) -> str:
    """The command, if the owner calls it on a terminal of their own; else empty: an agent's shell, or a service, has none."""
    return command if not is_declared() and sys.stdin.isatty() and sys.stderr.isatty() else ""


def check_by_hand(name: str) -> None:
    """Check that the caller may call a command that is not made from an operation.

    Raises:
        UserError: they may not.
    """
    from overnight.operations.principal import Kind

    principal = declared_here()
    if principal.kind is Kind.OWNER or (name in FOR_OTHERS and principal.kind not in (Kind.GUEST, Kind.STRANGER)):
        return
    raise UserError(f"`{name}` is for the owner alone, and {principal} is not", fix="ask the owner to call it")


def declared(option: str | None, environment: Mapping[str, str]) -> "Principal":
    """Who calls, by `--as`, else by the environment, else the owner.

    Raises:
        UserError: one of them names nobody, or somebody whom the environment declares as another calls as the owner.
    """
    from overnight.operations.principal import OWNER, Kind, Principal

    around = Principal.parse(environment[CALLER]) if environment.get(CALLER) else OWNER
    if not option:
        return around
    found = Principal.parse(option)
    if found.kind is Kind.OWNER and around.kind is not Kind.OWNER:
        raise UserError(f"{CALLER} says that {around} calls, who is not the owner", fix="call without --as")
    return found


def through_the_door(name: str, values: Mapping[str, object], carry_out: Callable[[], int]) -> int:
    """Carry out a command that has its own way on a terminal as the operation of this name; its exit code."""
    from overnight.operations.perform import perform
    from overnight.operations.registry import find

    operation = find(name)
    if operation is None:
        raise KeyError(name)

    def run(_context: "Context", _given: Any) -> int:  # Any: the operation's input
        return carry_out()

    code: int = perform(operation, context_here(), operation.input(**values), run=run)
    return code


def _option() -> str | None:
    context = click.get_current_context(silent=True)
    found = context.find_root().params.get("principal") if context else None
    return found if isinstance(found, str) else None


def _say(line: str) -> None:
    click.echo(printable(line, LINE), err=True)
