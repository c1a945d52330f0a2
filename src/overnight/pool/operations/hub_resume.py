"""The hub accepts submissions again."""

from dataclasses import dataclass

from overnight.operations.operation import Context, Operation, Settled, Tier
from overnight.operations.principal import Origin
from overnight.pool.events import HubPaused
from overnight.pool.operations._hub import opened
from overnight.pool.operations._moderation import Moderated


@dataclass(frozen=True, slots=True, kw_only=True)
class HubResumeInput:
    """Nothing."""


def run(context: Context, _given: HubResumeInput) -> Moderated:
    """Record it."""
    with opened(context) as record:
        record.append(HubPaused(why=""))
    return Moderated(what="submissions are accepted again")


def read_back(context: Context, _given: HubResumeInput, _found: Moderated | None) -> Settled:
    """Whether it is recorded."""
    with opened(context, read_only=True) as record:
        return Settled.NOT_DONE if record.paused() else Settled.DONE


OPERATION = Operation(
    name="hub resume",
    about="Accept submissions again after `hub pause`, or after a canary was accepted.",
    input=HubResumeInput,
    output=Moderated,
    tier=Tier.REVERSIBLE,
    owner_only=True,
    run=run,
    words=Origin.CLAW,
    render=lambda found: found.what,
    read_back=read_back,
)
