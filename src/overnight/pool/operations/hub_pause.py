"""The hub accepts nothing for a while."""

from dataclasses import dataclass
from typing import Annotated

from annotated_types import Len

from overnight.operations.operation import Argument, Context, Operation, Settled, Tier
from overnight.operations.principal import Origin
from overnight.pool.events import HubPaused
from overnight.pool.operations._hub import opened
from overnight.pool.operations._moderation import Moderated


@dataclass(frozen=True, slots=True, kw_only=True)
class HubPauseInput:
    """Why."""

    why: Annotated[str, Len(1, 200), Argument(about="What workers are told.", metavar="WHY")]


def run(context: Context, given: HubPauseInput) -> Moderated:
    """Record it."""
    with opened(context) as record:
        record.append(HubPaused(why=given.why))
    return Moderated(what=f"paused: {given.why}")


def read_back(context: Context, _given: HubPauseInput, _found: Moderated | None) -> Settled:
    """Whether it is recorded."""
    with opened(context, read_only=True) as record:
        return Settled.DONE if record.paused() else Settled.NOT_DONE


OPERATION = Operation(
    name="hub pause",
    about="Accept no submissions until `hub resume`; what was answered stays.",
    input=HubPauseInput,
    output=Moderated,
    tier=Tier.REVERSIBLE,
    owner_only=True,
    run=run,
    words=Origin.CLAW,
    render=lambda found: found.what,
    read_back=read_back,
)
