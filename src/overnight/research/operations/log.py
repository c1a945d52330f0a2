"""A page of the experiments of a campaign."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Annotated

from annotated_types import Ge, Le

from overnight.gate.verdict import Verdict
from overnight.operations.operation import Context, Operation, Option, Tier
from overnight.research.given import given_words
from overnight.research.operations._inputs import Tag
from overnight.research.views.experiments import ExperimentList, experiment_list
from overnight.research.views.log import describe_log


@dataclass(frozen=True, slots=True, kw_only=True)
class LogInput:
    """Which page of which campaign."""

    tag: Tag = None
    limit: Annotated[
        int, Ge(1), Le(1000), Option(about="Experiments per page.", flags=("-n", "--limit"), shows_default=True)
    ] = 20
    offset: Annotated[int, Ge(0), Option(about="Skip this many experiments.")] = 0
    oldest_first: Annotated[bool, Option(about="List the oldest experiments first.")] = False
    verdict: Annotated[Verdict | None, Option(about="List only those with this verdict.")] = None


def run(context: Context, given: LogInput) -> ExperimentList:
    """The page."""
    from overnight.research.reading import reading

    with reading(given.tag, context.where) as campaign:
        page = campaign.ledger.experiments(
            offset=given.offset, limit=given.limit, newest_first=not given.oldest_first, verdict=given.verdict
        )
        experiments = [campaign.under_way(experiment) for experiment in page.experiments]
        return experiment_list(
            experiments, total=page.total, offset=given.offset, state=campaign.state(), orders=campaign.orders()
        )


def notes(found: ExperimentList) -> Sequence[str]:
    """Who steered the campaign meanwhile, other than the owner at home."""
    return [f"order of {given_words(given)}" for given in found.orders if not given.is_plain]


OPERATION = Operation(
    name="log",
    about="List the experiments of a campaign.",
    input=LogInput,
    output=ExperimentList,
    tier=Tier.READ,
    run=run,
    render=describe_log,
    notes=notes,
)
