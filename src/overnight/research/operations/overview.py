"""A campaign at a glance, at the same cost however long it is."""

from contextlib import suppress
from dataclasses import dataclass, replace

from overnight.errors import UserError
from overnight.operations.operation import Context, Operation, Tier
from overnight.operations.principal import Origin
from overnight.research.operations import status
from overnight.research.operations._inputs import Tag
from overnight.research.reading import reading
from overnight.research.views.overview import Overview, describe, overview

NEWEST = 8  # experiments


@dataclass(frozen=True, slots=True, kw_only=True)
class OverviewInput:
    """Which campaign."""

    tag: Tag = None


def run(context: Context, given: OverviewInput) -> Overview:
    """Where it stands, what runs, what waits for a person, what came and what comes next."""
    with reading(given.tag, context.where) as campaign:
        events, state = campaign.ledger.newest(), campaign.state()
        newest = campaign.ledger.experiments(limit=NEWEST).experiments
        with suppress(UserError):  # program.md has mistakes, which the page of the program shows
            state = replace(state, ideas=campaign.ideas())
        return overview(status.status_of(campaign, state), state, newest, events=events)


OPERATION = Operation(
    name="overview",
    about="Show a campaign at a glance: what runs, what waits for you, the newest experiments and the next ideas.",
    input=OverviewInput,
    output=Overview,
    tier=Tier.READ,
    words=Origin.TOOL,
    run=run,
    render=describe,
)
