"""Where a campaign stands, from its newest snapshot and the events since."""

from dataclasses import dataclass

from overnight.operations.operation import Context, Operation, Tier
from overnight.operations.principal import Origin
from overnight.research.operations._inputs import Tag
from overnight.research.reading import CampaignReader, reading
from overnight.research.state import State
from overnight.research.views.status import Status, describe, summarise


@dataclass(frozen=True, slots=True, kw_only=True)
class StatusInput:
    """Which campaign."""

    tag: Tag = None


def run(context: Context, given: StatusInput) -> Status:
    """Where it stands now."""
    with reading(given.tag, context.where) as campaign:
        return status_of(campaign, campaign.state())


def status_of(campaign: CampaignReader, state: State) -> Status:
    """The status of a campaign that is open for reading, in this state."""
    failed, elapsed_s = campaign.failure(state), campaign.elapsed_s(state)
    searched = next(iter(campaign.ledger.search_trials(1)), None)
    return summarise(
        state,
        campaign.running,
        str(campaign.folder),
        failed=failed,
        elapsed_s=elapsed_s,
        searched=searched,
        deaf=campaign.deaf(),
        orders=campaign.orders(),
    )


OPERATION = Operation(
    name="status",
    about="Show where a campaign stands.",
    input=StatusInput,
    output=Status,
    tier=Tier.READ,
    words=Origin.TOOL,
    run=run,
    render=describe,
)
