"""One experiment, and everything that its verdict is based on."""

from dataclasses import dataclass
from typing import Annotated

from annotated_types import Ge

from overnight.operations.operation import Argument, Context, Operation, Option, Tier
from overnight.research.operations._inputs import Tag
from overnight.research.reading import reading
from overnight.research.views.experiment_text import describe_experiment
from overnight.research.views.experiments import ExperimentPage, experiment_page, telling_trial, trials_in


@dataclass(frozen=True, slots=True, kw_only=True)
class ShowInput:
    """Which experiment, and how much of it."""

    number: Annotated[int, Ge(1), Argument(about="Of the experiment.", metavar="N")]
    tag: Tag = None
    log: Annotated[bool, Option(about="Also print the captured output of its last failed trial, or else its last trial.")] = (
        False
    )
    transcript: Annotated[bool, Option(about="Also print what its author and its critics were asked, said and did.")] = False


def run(context: Context, given: ShowInput) -> ExperimentPage:
    """All of it."""
    with reading(given.tag, context.where) as campaign:
        experiment = campaign.experiment(given.number)
        events = campaign.events(given.number)
        telling = telling_trial(trials_in(events))
        return experiment_page(
            experiment,
            events,
            faults=context.at_home,
            diff=campaign.diff(experiment),
            state=campaign.state(),
            output=campaign.output(telling) if given.log and telling else None,
            transcripts=campaign.transcripts(experiment) if given.transcript else None,
        )


OPERATION = Operation(
    name="show",
    about="Show one experiment: hypothesis, diff, trials, and the verdict with its reason.",
    input=ShowInput,
    output=ExperimentPage,
    tier=Tier.READ,
    run=run,
    render=describe_experiment,
)
