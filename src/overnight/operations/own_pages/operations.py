"""What can be done here."""

from collections.abc import Iterator, Mapping, Sequence

from overnight.operations.operation import Context
from overnight.operations.own import operations
from overnight.operations.page import Link, Page
from overnight.operations.pages import address_of
from overnight.operations.views import OperationEntry, tier_words
from overnight.words.markdown import code, inline

LINE = 300  # characters


def beside(_context: Context, _given: operations.OperationsInput, _found: Sequence[OperationEntry]) -> Mapping[str, object]:
    """Words for people."""
    return {"tier_words": tier_words}


def links(found: Sequence[OperationEntry], here: str) -> Sequence[Link]:
    """Each of them."""
    return [Link(address=address_of(f"{here}/{{name}}", name=entry.name), about=entry.name) for entry in found]


def markdown(found: Sequence[OperationEntry]) -> str:
    """A line for each; the schemas are on the page of each."""
    return "\n".join(_lines(found))


def _lines(found: Sequence[OperationEntry]) -> Iterator[str]:
    yield from ("# Operations", "", f"> {inline(operations.OPERATION.about, LINE)}", "")
    yield from ("Each has a page with the schemas of what it takes and returns, below.", "")
    yield from ("| Operation | Tier | What it does |", "|---|---|---|")
    for entry in found:
        yield f"| {code(entry.name, LINE)} | {inline(tier_words(entry), LINE)} | {inline(entry.about, LINE)} |"


PAGE = Page(
    address="/operations",
    operation=operations.OPERATION,
    title=lambda _: "Operations",
    template="operations.html.j2",
    word="Operations",
    links=links,
    shows_links=True,
    beside=beside,
    markdown=markdown,
)
