"""The chain of a hub, the newest entry first."""

from collections.abc import Sequence

from overnight.operations.page import Link, Page
from overnight.pool.operations import hub_chain
from overnight.pool.operations.hub_chain import HubChain
from overnight.pool.pages._words import HUB, beside_each_other, record_files, words


def links(found: HubChain, here: str) -> Sequence[Link]:
    """The other pages, and each entry."""
    top = here.rpartition("/")[0]
    entries = (Link(address=f"{top}/blocks/{each.number}", about=f"Entry {each.number}") for each in found.lines)
    return (*beside_each_other(found, here), *entries)


PAGE = Page(
    address=f"{HUB}/chain",
    operation=hub_chain.OPERATION,
    title=lambda _found: "Chain",
    template="chain.html.j2",
    links=links,
    shows_links=True,
    watches=record_files,
    beside=words,
)
