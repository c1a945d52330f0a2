"""The idea that is tried next, even while the campaign runs."""

from dataclasses import dataclass
from typing import Annotated

from annotated_types import Ge

from overnight.operations.operation import Argument, Context, Operation, Settled, Tier
from overnight.research.idea import OrderIdeas
from overnight.research.operations._inputs import Tag
from overnight.research.operations._ordering import give
from overnight.research.operations._queue import require_open
from overnight.research.order import ChangeIdeas
from overnight.research.reading import reading
from overnight.research.views.ideas import ChangedIdea


@dataclass(frozen=True, slots=True, kw_only=True)
class IdeaFirstInput:
    """Which idea of which campaign."""

    number: Annotated[int, Ge(1), Argument(about="Of the idea, as `idea list` shows it.", metavar="N")]
    tag: Tag = None


def run(context: Context, given: IdeaFirstInput) -> ChangedIdea:
    """Put it before the others."""
    with reading(given.tag, context.where) as campaign:
        found, folder, queue = campaign.folder.name, campaign.folder, campaign.ideas()
    require_open(queue, given.number)
    rest = (idea.number for idea in queue.ideas if idea.number != given.number)
    give(context, folder, ChangeIdeas(edits=(OrderIdeas(numbers=(given.number, *rest)),)))
    return ChangedIdea(campaign=found, number=given.number)


def read_back(context: Context, given: IdeaFirstInput, moved: ChangedIdea | None) -> Settled:
    """Whether no other open idea is before it."""
    with reading(moved.campaign if moved else given.tag, context.where) as campaign:
        numbers = [idea.number for idea in campaign.ideas().ideas]
    return Settled.DONE if given.number not in numbers[1:] else Settled.NOT_DONE


OPERATION = Operation(
    name="idea first",
    about="Put an open idea before the others.",
    input=IdeaFirstInput,
    output=ChangedIdea,
    tier=Tier.REVERSIBLE,
    run=run,
    render=lambda moved: f"idea #{moved.number} of `{moved.campaign}` comes first",
    read_back=read_back,
)
