"""The page of a repository: its campaigns, and its program in brief."""

from collections.abc import Mapping, Sequence
from pathlib import Path

from overnight.operations.operation import Context
from overnight.operations.page import Link, Page
from overnight.operations.pages import address_of, with_query
from overnight.program.program import PROGRAM
from overnight.research.operations import campaigns, program
from overnight.research.operations._lines import files_of
from overnight.research.views.budget import budget_words
from overnight.research.views.campaigns import CampaignList, gain_words
from overnight.research.views.program import role_words


def links(found: CampaignList, here: str) -> Sequence[Link]:
    """The program, other systems, the campaigns of this page, and the two newest side by side."""
    pattern = f"{here}/campaigns/{{tag}}"
    shown = (Link(address=address_of(pattern, tag=line.tag), about=f"The campaign {line.tag}") for line in found.campaigns)
    two = [Link(address=compared(found, here), about="The two newest compared")] if len(found.campaigns) > 1 else []
    others = (Link(address=each.address, about=f"The {each.system}") for each in found.systems)
    return (Link(address=f"{here}/program", about="The program"), *others, *shown, *two)


def compared(found: CampaignList, here: str) -> str:
    """The page of the two newest campaigns of this page side by side, the newer one second."""
    newer, older, *_ = (line.tag for line in found.campaigns)
    return with_query(f"{here}/compare", a=older, b=newer)


def watches(context: Context, given: campaigns.CampaignsInput) -> Sequence[Path]:
    """The campaigns, and the program."""
    return (context.where / PROGRAM, *files_of(context.where, given.offset + given.limit))


def beside(context: Context, _given: campaigns.CampaignsInput, found: CampaignList) -> Mapping[str, object]:
    """The program, a comparison, and words for people."""
    brief = program.run(context, program.ProgramInput())
    side = compared(found, address_of("/repos/{repo}", repo=found.repository)) if len(found.campaigns) > 1 else ""
    return {
        "program": brief,
        "compared": side,
        "gain_words": gain_words,
        "role_words": role_words,
        "budget_words": budget_words,
    }


PAGE = Page(
    address="/repos/{repo}",
    operation=campaigns.OPERATION,
    title=lambda found: found.repository,
    template="repository.html.j2",
    orders=("run",),
    links=links,
    shows_links=True,
    watches=watches,
    beside=beside,
)
