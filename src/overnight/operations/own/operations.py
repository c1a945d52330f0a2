"""What can be done here, for programs: every operation with its tier and schemas."""

from collections.abc import Sequence
from dataclasses import dataclass

from overnight.operations import registry
from overnight.operations.operation import Context, Operation, Tier
from overnight.operations.principal import Origin
from overnight.operations.views import OperationEntry, entry_for, tier_words


@dataclass(frozen=True, slots=True, kw_only=True)
class OperationsInput:
    """Nothing."""


def run(context: Context, _given: OperationsInput) -> Sequence[OperationEntry]:
    """All of them, by name; over a face those that it offers."""
    found = registry.operations() if context.address is None else registry.offered()
    return [entry_for(operation) for operation in found]


def render(found: Sequence[OperationEntry]) -> str:
    """A line for each."""
    return "\n".join(f"{entry.name:16} {tier_words(entry):24} {entry.about}" for entry in found)


OPERATION = Operation(
    name="operations",
    about="List what can be done here, with how bad each is if it was not meant, and its schemas.",
    input=OperationsInput,
    output=Sequence[OperationEntry],
    tier=Tier.READ,
    of_machine=True,
    run=run,
    words=Origin.CLAW,
    render=render,
    note="One for each operation.",
)
