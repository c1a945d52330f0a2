"""STOP, from anywhere."""

from dataclasses import dataclass

from overnight.claw.events import Stopped
from overnight.claw.operations._claw import WhichClaw, opened
from overnight.operations.operation import Context, Operation, Settled, Tier
from overnight.operations.principal import Origin


@dataclass(frozen=True, slots=True, kw_only=True)
class ClawStopped:
    """That it is recorded."""

    claw: str


def run(context: Context, given: WhichClaw) -> ClawStopped:
    """Record it; one that runs acts on it at once."""
    with opened(given.claw) as (folder, record):
        record.append(Stopped(by=str(context.principal)))
        return ClawStopped(claw=folder.name)


def read_back(_context: Context, given: WhichClaw, _found: ClawStopped | None) -> Settled:
    """Whether it holds."""
    with opened(given.claw) as (_, record):
        return Settled.DONE if record.is_stopped else Settled.NOT_DONE


OPERATION = Operation(
    name="claw stop",
    about="Stop the claw: what it does is cut off, and nothing of its own begins until it may continue.",
    input=WhichClaw,
    output=ClawStopped,
    tier=Tier.REVERSIBLE,
    of_machine=True,
    words=Origin.CLAW,
    run=run,
    render=lambda found: f"{found.claw} is stopped; `overnight claw continue` lets it go on",
    read_back=read_back,
)
