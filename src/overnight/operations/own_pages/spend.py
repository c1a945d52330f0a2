"""What models cost."""

from collections.abc import Sequence
from pathlib import Path

from overnight.models.spending.page import SpendPage
from overnight.operations import watched
from overnight.operations.operation import Context
from overnight.operations.own import spend
from overnight.operations.page import Link, Page
from overnight.operations.pages import with_query


def links(found: SpendPage, here: str) -> Sequence[Link]:
    """Other tables, and more days."""
    by = "model" if "model" not in found.by else "job"
    return (
        Link(address=with_query(here, days=found.days, by=by), about=f"The same by {by}"),
        Link(address=with_query(here, days=30), about="The last 30 days"),
    )


def watches(_context: Context, _given: spend.SpendInput) -> Sequence[Path]:
    """The account."""
    return watched.spending()


PAGE = Page(
    address="/spend",
    operation=spend.OPERATION,
    title=lambda _: "What models cost",
    template="spend.html.j2",
    word="Spend",
    links=links,
    watches=watches,
)
