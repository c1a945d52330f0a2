"""Calls of a claw's operations, by the claw itself or by its owner."""

from pathlib import Path

from overnight.operations.operation import Context
from overnight.operations.perform import perform
from overnight.operations.principal import Address, Kind, Origin, Principal
from overnight.operations.registry import find

CLAW = Principal(Kind.AGENT, "claw")


def call(name: str, /, *, origin: Origin = Origin.CLAW, **given: object) -> str:
    """What an operation answers the claw, in words."""
    operation = find(f"claw {name}")
    assert operation is not None
    context = Context(where=Path("/"), principal=CLAW, origin=origin, address=Address("terminal", "owner"))
    return operation.render(perform(operation, context, operation.input(**given)))


def call_as_owner(name: str, /, **given: object) -> str:
    """What an operation answers its owner on the command line, in words."""
    operation = find(f"claw {name}")
    assert operation is not None
    return operation.render(perform(operation, Context(where=Path("/")), operation.input(**given)))
