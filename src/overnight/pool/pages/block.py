"""One entry of a hub's chain, with what its receipt shows and what it does not."""

from collections.abc import Mapping, Sequence

from overnight.operations.operation import Context
from overnight.operations.page import Link, Page
from overnight.pool.operations import hub_block
from overnight.pool.operations.hub_block import NOT_SHOWN, HubBlock, further_words
from overnight.pool.pages._words import HUB, record_files, words


def links(_found: HubBlock, here: str) -> Sequence[Link]:
    """The chain."""
    top = here.rpartition("/blocks/")[0]
    return (Link(address=f"{top}/chain", about="The chain"), Link(address=top, about="The hub"))


def beside(context: Context, given: hub_block.HubBlockInput, found: HubBlock) -> Mapping[str, object]:
    """What no arithmetic shows, and what was measured again."""
    further = further_words(found.further) if found.further else ""
    return {**words(context, given, found), "not_shown": NOT_SHOWN, "further": further}


PAGE = Page(
    address=f"{HUB}/blocks/{{number}}",
    operation=hub_block.OPERATION,
    title=lambda found: f"{found.kind.capitalize()} {found.number}",
    template="block.html.j2",
    orders=("hub withdraw",),
    links=links,
    watches=record_files,
    beside=beside,
)
