"""The campaigns of a repository."""

from dataclasses import dataclass
from typing import Annotated

from annotated_types import Ge, Le

from overnight.git.repository import open_repository
from overnight.operations.operation import Context, Operation, Option, Tier
from overnight.operations.principal import Origin
from overnight.research.operations._lines import campaign_lines
from overnight.research.operations._systems import system_lines
from overnight.research.views.campaigns import CampaignList, describe_campaigns


@dataclass(frozen=True, slots=True, kw_only=True)
class CampaignsInput:
    """Which page."""

    limit: Annotated[int, Ge(1), Le(200), Option(about="Campaigns per page.", flags=("-n", "--limit"), shows_default=True)] = 20
    offset: Annotated[int, Ge(0), Option(about="Skip this many campaigns.")] = 0


def run(context: Context, given: CampaignsInput) -> CampaignList:
    """The page."""
    repository = open_repository(context.where)
    repository.check_overnight()
    lines, total = campaign_lines(repository.toplevel, limit=given.limit, offset=given.offset)
    name = context.name_of(repository.toplevel)
    systems = [*system_lines(context, [], of_machine=False)]
    return CampaignList(repository=name, total=total, offset=given.offset, campaigns=lines, systems=systems)


OPERATION = Operation(
    name="campaigns",
    about="List the campaigns of this repository: how each stands, and what it gained.",
    input=CampaignsInput,
    output=CampaignList,
    tier=Tier.READ,
    words=Origin.TOOL,
    run=run,
    render=describe_campaigns,
)
