"""One operation, whole, for programs."""

from dataclasses import dataclass
from typing import Annotated

from overnight.errors import UserError
from overnight.operations import registry
from overnight.operations.operation import Argument, Context, Operation, Tier
from overnight.operations.principal import Origin
from overnight.operations.views import OperationEntry, entry_for, tier_words
from overnight.words.foreign import printable

NAME = 100  # characters of a foreign name in a message


@dataclass(frozen=True, slots=True, kw_only=True)
class OperationsShowInput:
    """Which one."""

    name: Annotated[str, Argument(about="Its words, such as `idea add`.")]


def run(context: Context, given: OperationsShowInput) -> OperationEntry:
    """Its tier and its schemas.

    Raises:
        UserError: there is none of this name.
    """
    found = registry.find(given.name)
    if found is None or (found.local and context.address is not None):
        raise UserError(f"there is no operation `{printable(given.name, NAME)}`", fix="see `overnight operations`")
    return entry_for(found)


def render(entry: OperationEntry) -> str:
    """What it does, how bad it is, and its inputs."""
    lines = [f"{entry.name}  {entry.about}", f"tier: {tier_words(entry)}"]
    inputs = entry.input.get("properties")
    for name, schema in inputs.items() if isinstance(inputs, dict) else ():
        lines.append(f"  {name}: {schema.get('description', '')}".rstrip(": "))
    return "\n".join(lines)


OPERATION = Operation(
    name="operations show",
    about="Show one operation with its tier and the schemas of what it takes and returns.",
    input=OperationsShowInput,
    output=OperationEntry,
    tier=Tier.READ,
    of_machine=True,
    run=run,
    words=Origin.CLAW,
    render=render,
)
