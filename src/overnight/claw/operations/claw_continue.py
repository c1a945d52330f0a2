"""The end of a STOP."""

from dataclasses import dataclass

from overnight.claw.events import WentOn
from overnight.claw.operations._claw import WhichClaw, opened
from overnight.operations.operation import Context, Operation, Settled, Tier
from overnight.operations.principal import Origin


@dataclass(frozen=True, slots=True, kw_only=True)
class ClawContinued:
    """That it is recorded."""

    claw: str


def run(context: Context, given: WhichClaw) -> ClawContinued:
    """Record it; one that runs acts on it at once."""
    with opened(given.claw) as (folder, record):
        record.append(WentOn(by=str(context.principal)))
        return ClawContinued(claw=folder.name)


def read_back(_context: Context, given: WhichClaw, _found: ClawContinued | None) -> Settled:
    """Whether it holds."""
    with opened(given.claw) as (_, record):
        return Settled.DONE if not record.is_stopped else Settled.NOT_DONE


OPERATION = Operation(
    name="claw continue",
    about="Let a stopped claw go on.",
    input=WhichClaw,
    output=ClawContinued,
    tier=Tier.REVERSIBLE,
    of_machine=True,
    owner_only=True,
    words=Origin.CLAW,
    run=run,
    render=lambda found: f"{found.claw} goes on",
    read_back=read_back,
)
