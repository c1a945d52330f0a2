"""The page of a campaign's ideas: what is tried next, what is being tried, and what came of the rest."""

from collections.abc import Mapping, Sequence
from pathlib import Path

from overnight.ledger.file import NAME as LEDGER
from overnight.operations.operation import Context
from overnight.operations.page import Link, Page
from overnight.research.operations import idea_list
from overnight.research.pages._words import words
from overnight.research.places.campaigns import campaign_folder, find_campaign
from overnight.research.places.orders import IDEAS
from overnight.research.views.ideas import IdeaList


def watches(context: Context, given: idea_list.IdeaListInput) -> Sequence[Path]:
    """The ledger, and the file of ideas that people edit."""
    folder = campaign_folder(*find_campaign(context.where, given.tag))
    return (folder / LEDGER, folder / IDEAS)


def beside(_context: Context, _given: idea_list.IdeaListInput, found: IdeaList) -> Mapping[str, object]:
    """How numbers are written."""
    return words([idea.gain for idea in found.done])


def links(_found: IdeaList, here: str) -> Sequence[Link]:
    """The campaign."""
    return (Link(address=here.rpartition("/")[0], about="The campaign"),)


PAGE = Page(
    address="/repos/{repo}/campaigns/{tag}/ideas",
    operation=idea_list.OPERATION,
    title=lambda _found: "Ideas",
    template="ideas.html.j2",
    orders=("idea add", "idea first", "idea drop"),
    links=links,
    watches=watches,
    beside=beside,
)
