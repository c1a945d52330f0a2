"""The page of a repository: its campaigns, and its program in brief."""

from collections.abc import Mapping, Sequence
from pathlib import Path

from overnight.operations.operation import Context
from overnight.operations.page import Link, Page
from overnight.operations.pages import address_of, with_query
from overnight.program.program import PROGRAM
from overnight.research.operations import campaigns, program
from overnight.research.operations._lines import files_of
from overnight.research.views.campaigns import CampaignList, gain_words
from overnight.research.views.program import budget_words, role_words


def links(found: CampaignList, here: str) -> Sequence[Link]:
    """The program, the campaigns of this page, the next page, and the two newest side by side."""
    lines, after = found.campaigns, found.offset + len(found.campaigns)
    more = [Link(address=with_query(here, offset=after), about="more campaigns")] if after < found.total else []
    newest = [line.tag for line in lines[:2]]
    compared = (
        [Link(address=with_query(f"{here}/compare", a=newest[1], b=newest[0]), about="the two newest campaigns compared")]
        if len(newest) > 1
        else []
    )
    shown = (
        Link(address=address_of(f"{here}/campaigns/{{tag}}", tag=line.tag), about=f"the campaign {line.tag}") for line in lines
    )
    return (Link(address=f"{here}/program", about="the program"), *shown, *more, *compared)


def watches(context: Context, given: campaigns.CampaignsInput) -> Sequence[Path]:
    """The campaigns, and the program."""
    return (context.where / PROGRAM, *files_of(context.where, given.offset + given.limit))


def beside(context: Context, _given: campaigns.CampaignsInput, _found: CampaignList) -> Mapping[str, object]:
    """The program, and words for people."""
    brief = program.run(context, program.ProgramInput())
    return {"program": brief, "gain_words": gain_words, "role_words": role_words, "budget_words": budget_words}


PAGE = Page(
    address="/repos/{repo}",
    operation=campaigns.OPERATION,
    title=lambda found: found.repository,
    template="repository.html.j2",
    orders=("run",),
    links=links,
    watches=watches,
    beside=beside,
)
