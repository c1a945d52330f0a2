"""The queue of a campaign's ideas."""

from dataclasses import dataclass

from overnight.operations.operation import Context, Operation, Tier
from overnight.research.idea import IdeaQueue
from overnight.research.ideas.file import render_ideas
from overnight.research.operations._inputs import Tag
from overnight.research.reading import reading
from overnight.research.views.ideas import IdeaList


@dataclass(frozen=True, slots=True, kw_only=True)
class IdeaListInput:
    """Which campaign."""

    tag: Tag = None


def run(context: Context, given: IdeaListInput) -> IdeaList:
    """The queue as the campaign has it, or will have it once it has read the file of ideas."""
    with reading(given.tag, context.where) as campaign:
        queue = campaign.ideas()
    return IdeaList(open=queue.ideas, done=queue.done)


def render(found: IdeaList) -> str:
    """The file of ideas, as a person edits it."""
    newest = max((idea.number for idea in (*found.open, *found.done)), default=0)
    return render_ideas(IdeaQueue(ideas=found.open, done=found.done, next_number=newest + 1))


OPERATION = Operation(
    name="idea list",
    about="Show the queue: what is open, what is being tried, and the outcome of the rest.",
    input=IdeaListInput,
    output=IdeaList,
    tier=Tier.READ,
    run=run,
    render=render,
)
