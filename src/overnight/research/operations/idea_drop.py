"""An idea that is not to be tried, even while the campaign runs."""

from dataclasses import dataclass
from typing import Annotated

from annotated_types import Ge

from overnight.operations.operation import Argument, Context, Operation, Option, Settled, Tier
from overnight.research.idea import DropIdea
from overnight.research.ideas.text import clean_idea
from overnight.research.operations._inputs import Tag
from overnight.research.operations._ordering import give
from overnight.research.operations._queue import require_open
from overnight.research.order import ChangeIdeas
from overnight.research.reading import reading
from overnight.research.views.ideas import ChangedIdea
from overnight.secrets.broker import user_broker


@dataclass(frozen=True, slots=True, kw_only=True)
class IdeaDropInput:
    """Which idea of which campaign."""

    number: Annotated[int, Ge(1), Argument(about="Of the idea, as `idea list` shows it.", metavar="N")]
    reason: Annotated[str, Option(about="Why; people and roles read it.")] = ""
    tag: Tag = None


def run(context: Context, given: IdeaDropInput) -> ChangedIdea:
    """Drop it."""
    with reading(given.tag, context.where) as campaign:
        found, folder = campaign.folder.name, campaign.folder
        require_open(campaign.ideas(), given.number)
    reason = clean_idea(user_broker().scrubber().text(given.reason))
    give(context, folder, ChangeIdeas(edits=(DropIdea(number=given.number, reason=reason),)))
    return ChangedIdea(campaign=found, number=given.number)


def read_back(context: Context, given: IdeaDropInput, dropped: ChangedIdea | None) -> Settled:
    """Whether it is open no more."""
    with reading(dropped.campaign if dropped else given.tag, context.where) as campaign:
        still = any(idea.number == given.number for idea in campaign.ideas().ideas)
    return Settled.NOT_DONE if still else Settled.DONE


OPERATION = Operation(
    name="idea drop",
    about="Drop an open idea: nobody tries it. `idea list` keeps it, under what is done.",
    input=IdeaDropInput,
    output=ChangedIdea,
    tier=Tier.REVERSIBLE,  # untick it in ideas.md
    run=run,
    render=lambda dropped: f"dropped idea #{dropped.number} of `{dropped.campaign}`",
    read_back=read_back,
)
