"""The first page: what runs, what waits for a person, what it costs, and the repositories."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from overnight.operations import watched
from overnight.operations.operation import Context
from overnight.operations.page import Link, Page
from overnight.operations.pages import address_of
from overnight.research.operations import home
from overnight.research.operations._lines import files_of
from overnight.research.places.loops import CAMPAIGN
from overnight.research.views.campaigns import gain_words
from overnight.research.views.home import Home, repository_words, spent_words
from overnight.words.quantities import counted


@dataclass(frozen=True, slots=True, kw_only=True)
class RunsNow:
    """A campaign or another loop that runs."""

    name: str
    address: str  # of its page; empty: it has none here
    about: str


def links(found: Home, _here: str) -> Sequence[Link]:
    """The repositories, and the other pages."""
    served = (
        Link(address=address_of("/repos/{repo}", repo=line.name), about=f"The repository {line.name}")
        for line in found.repositories
    )
    others = (("/loops", "All loops of this machine"), ("/approvals", "Approvals"), ("/spend", "What models cost"))
    systems = (Link(address=each.address, about=f"{each.system} {each.name}") for each in found.systems)
    return (*served, *systems, *(Link(address=address, about=about) for address, about in others))


def watches(context: Context, _given: home.HomeInput) -> Sequence[Path]:
    """The approvals, the account, the campaigns and the loops: the first ones are looked at most often."""
    campaigns = (path for folder in context.repositories.values() for path in files_of(folder, home.CAMPAIGNS))
    return (*watched.approvals(), *watched.spending(), *campaigns, *watched.loops())


def beside(_context: Context, _given: home.HomeInput, found: Home) -> Mapping[str, object]:
    """What runs, and words for people."""
    return {
        "running": list(running(found)),
        "spent_words": spent_words,
        "repository_words": repository_words,
        "gain_words": gain_words,
    }


def running(found: Home) -> Iterator[RunsNow]:
    """The campaigns that run, which have a page, then the loops that are none of these."""
    shown: set[tuple[str, str]] = set()
    for repository in found.repositories:
        for line in repository.campaigns:
            if line.running:
                shown.add((repository.folder, line.tag))
                address = address_of("/repos/{repo}/campaigns/{tag}", repo=repository.name, tag=line.tag)
                about = f"{counted(line.experiments, 'experiment')}, {gain_words(line)}" if not line.trouble else line.trouble
                yield RunsNow(name=f"{line.tag} in {repository.name}", address=address, about=about)
    for loop in found.loops:
        if loop.system != CAMPAIGN or (loop.folder, loop.part) not in shown:
            about = ", ".join(part for part in (loop.state.value, loop.doing) if part)
            yield RunsNow(name=loop.name, address="/loops", about=about)


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
