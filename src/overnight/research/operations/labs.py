"""The bundled labs: ordinary repositories once they are copied."""

from collections.abc import Mapping
from dataclasses import dataclass

from overnight.operations.operation import Context, Operation, Tier
from overnight.operations.principal import Origin
from overnight.research.setup.labs import available


@dataclass(frozen=True, slots=True, kw_only=True)
class LabsInput:
    """Nothing."""


def run(_context: Context, _given: LabsInput) -> Mapping[str, str]:
    """All of them."""
    return available()


OPERATION = Operation(
    name="labs",
    about="List the bundled labs, or copy one.",
    input=LabsInput,
    output=Mapping[str, str],
    tier=Tier.READ,
    of_machine=True,
    run=run,
    words=Origin.CLAW,
    render=lambda found: "\n".join(f"{name:12} {about}" for name, about in found.items()),
    note="The first line of each lab's README, by lab name.",
)
