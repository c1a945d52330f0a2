"""The page of a campaign."""

from collections.abc import Sequence
from pathlib import Path

from overnight.operations.operation import Context
from overnight.operations.page import Link, Page
from overnight.research.operations import status
from overnight.research.places.campaigns import find_campaign
from overnight.research.views.status import Status


def watches(context: Context, given: status.StatusInput) -> Sequence[Path]:
    """Its ledger, and what people write beside it."""
    repository, tag = find_campaign(context.where, given.tag)
    folder = repository.overnight / tag
    return (folder / "ledger.db", folder / "ledger.db-wal", repository.overnight / "ideas.md")


def links(_found: Status, here: str) -> Sequence[Link]:
    """Its parts."""
    return (Link(address=f"{here}/experiments", about="all experiments"), Link(address=f"{here}/ideas", about="ideas"))


PAGE = Page(
    address="/repos/{repo}/campaigns/{tag}",
    operation=status.OPERATION,
    title=lambda found: f"Campaign {found.tag}",
    template="campaign.html.j2",
    orders=("stop", "idea add"),
    links=links,
    watches=watches,
)
