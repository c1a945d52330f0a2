"""A person's idea for a campaign, even while it runs."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Annotated

from overnight.agents.registry import AGENTS
from overnight.errors import UserError
from overnight.operations.operation import Argument, Context, Operation, Settled, Tier
from overnight.operations.principal import Origin
from overnight.research.idea import AddIdea
from overnight.research.ideas.queue import refusal
from overnight.research.ideas.text import clean_idea, split_marks, words_of
from overnight.research.operations._inputs import Tag
from overnight.research.operations._ordering import give
from overnight.research.order import ChangeIdeas
from overnight.research.places.campaigns import read_program
from overnight.research.places.orders import IDEAS
from overnight.research.reading import reading
from overnight.research.views.ideas import AddedIdea
from overnight.secrets.broker import user_broker


@dataclass(frozen=True, slots=True, kw_only=True)
class IdeaAddInput:
    """What to try, in which campaign."""

    text: Annotated[str, Argument(about="What to try; (bold) or (safe) at its end marks its risk.")]
    tag: Tag = None


def run(context: Context, given: IdeaAddInput) -> AddedIdea:
    """Add it, unless it is there already."""
    said = _said(given)
    if not words_of(said):
        raise UserError("the idea has no words", fix='write it in quotes: overnight idea add "clip the gradient"')
    with reading(given.tag, context.where) as campaign:
        found, repository, folder = campaign.folder.name, campaign.repository, campaign.folder
        refused = refusal(campaign.ideas(), split_marks(said)[0])
    if refused:
        fix = f"say what is new about it (`overnight idea list`); to try a finished one again, untick it in {folder / IDEAS}"
        raise UserError(f"not added to the ideas of `{found}`: {refused}", fix=fix)
    words, risk, effect = split_marks(said)
    give(context, folder, ChangeIdeas(edits=(AddIdea(text=words, risk=risk, effect=effect),)))
    return AddedIdea(campaign=found, text=said, read=any(spec.use in AGENTS for spec in read_program(repository).researchers))


def _said(given: IdeaAddInput) -> str:
    """The idea as the queue holds it, without secrets."""
    return clean_idea(user_broker().scrubber().text(given.text))


def render(added: AddedIdea) -> str:
    """That it is added."""
    return f"added to the ideas of `{added.campaign}`: {added.text}"


def notes(added: AddedIdea) -> Sequence[str]:
    """Whether nobody will read it."""
    return () if added.read else ("no researcher of program.md reads ideas; add an agent (`overnight agents`)",)


def read_back(context: Context, given: IdeaAddInput, added: AddedIdea | None) -> Settled:
    """Whether it is in the queue."""
    with reading(added.campaign if added else given.tag, context.where) as campaign:
        there = refusal(campaign.ideas(), split_marks(added.text if added else _said(given))[0])
    return Settled.DONE if there else Settled.NOT_DONE


OPERATION = Operation(
    name="idea add",
    about="Add an idea; the campaign reads it before its next proposal.",
    details="End it with (bold) or (safe) to mark its risk.",
    input=IdeaAddInput,
    output=AddedIdea,
    tier=Tier.REVERSIBLE,
    run=run,
    words=Origin.CLAW,
    render=render,
    notes=notes,
    read_back=read_back,
)
