"""The documentation, listed; with `?search=` only pages that have these words."""

from collections.abc import Sequence

from overnight.operations.own import docs
from overnight.operations.page import Link, Page
from overnight.operations.pages import address_of


def links(found: docs.Docs, here: str) -> Sequence[Link]:
    """Each page."""
    return [Link(address=address_of(f"{here}/{{name}}", name=page.name), about=page.title) for page in found.pages]


PAGE = Page(
    address="/docs",
    operation=docs.OPERATION,
    title=lambda _: "Documentation",
    template="docs.html.j2",
    word="Docs",
    links=links,
    shows_links=True,
)
