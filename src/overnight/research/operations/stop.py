"""The end of a running campaign, in good order."""

from dataclasses import dataclass

from overnight.errors import UserError
from overnight.operations.operation import Context, Operation, Tier, repeatable
from overnight.research.operations._giver import giver_of
from overnight.research.operations._inputs import Tag
from overnight.research.places.campaigns import campaign_folder, find_campaign
from overnight.research.record.ordering import order_stop


@dataclass(frozen=True, slots=True, kw_only=True)
class StopInput:
    """Which campaign."""

    tag: Tag = None


@dataclass(frozen=True, slots=True, kw_only=True)
class StopAsked:
    """What `stop --json` prints."""

    campaign: str  # its tag
    process: int  # that was asked


def run(context: Context, given: StopInput) -> StopAsked:
    """Ask the process that runs it to end."""
    repository, found = find_campaign(context.where, given.tag)
    process = order_stop(campaign_folder(repository, found), giver_of(context))
    if process is None:
        raise UserError(f"the campaign `{found}` is not running")
    return StopAsked(campaign=found, process=process)


def render(asked: StopAsked) -> str:
    """That it will end, and when."""
    return f"asked `{asked.campaign}` (process {asked.process}) to stop; it ends when its running trials are recorded"


OPERATION = Operation(
    name="stop",
    about="End the running campaign when its running trials are recorded.",
    input=StopInput,
    output=StopAsked,
    tier=Tier.REVERSIBLE,  # `run` continues it
    run=run,
    render=render,
    read_back=repeatable,
)
