"""The first page: what runs, what waits for a person, what it costs, and the repositories."""

from collections.abc import Mapping, Sequence
from pathlib import Path

from overnight.operations import watched
from overnight.operations.operation import Context
from overnight.operations.page import Link, Page
from overnight.operations.pages import address_of
from overnight.research.operations import home
from overnight.research.operations._lines import files_of
from overnight.research.views.campaigns import gain_words
from overnight.research.views.home import Home, repository_words, spent_words


def links(found: Home, _here: str) -> Sequence[Link]:
    """The repositories, and the other pages."""
    served = (
        Link(address=address_of("/repos/{repo}", repo=line.name), about=f"The repository {line.name}")
        for line in found.repositories
    )
    others = (("/loops", "All loops of this machine"), ("/approvals", "Approvals"), ("/spend", "What models cost"))
    return (*served, *(Link(address=address, about=about) for address, about in others))


def watches(context: Context, _given: home.HomeInput) -> Sequence[Path]:
    """The approvals, the account, the campaigns and the loops: the first ones are looked at most often."""
    campaigns = (path for folder in context.repositories.values() for path in files_of(folder, home.CAMPAIGNS))
    return (*watched.approvals(), *watched.spending(), *campaigns, *watched.loops())


def beside(_context: Context, _given: home.HomeInput, _found: Home) -> Mapping[str, object]:
    """Words for people."""
    return {"spent_words": spent_words, "repository_words": repository_words, "gain_words": gain_words}


PAGE = Page(
    address="/home",
    operation=home.OPERATION,
    title=lambda _: "Home",
    template="home.html.j2",
    word="Home",
    links=links,
    shows_links=True,
    watches=watches,
    beside=beside,
)
