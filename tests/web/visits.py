"""Visits to the pages of a surface, without a server: from one to all that it links to."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import parse_qsl

from pages import Page, parse

from overnight.operations.operation import Tier
from overnight.operations.pages import find_page, pages
from overnight.operations.principal import OWNER, Address, Origin
from overnight.web.calls import Caller, Looked, place_at
from overnight.web.markdown import markdown_of
from overnight.web.page_routes import _written
from overnight.web.rendering import render_html

MOST = 3  # visits to pages of one kind
TWINS = (".json", ".md")


@dataclass(frozen=True, slots=True, kw_only=True)
class Visit:
    """One page in its three forms."""

    address: str  # with its query
    looked: Looked
    html: str
    markdown: str
    json: str

    @property
    def parsed(self) -> Page:
        """Its HTML."""
        return parse(self.html)

    @property
    def hrefs(self) -> list[str]:
        """The addresses of pages that its HTML links to."""
        found = [element.attributes.get("href", "") for element in self.parsed.all("a")]
        return [each for each in found if each.startswith("/") and not each.partition("?")[0].endswith(TWINS)]


def owner(repositories: dict[str, Path]) -> Caller:
    """The owner in a browser."""
    face = Address(channel="web", id="browser")
    return Caller(principal=OWNER, origin=Origin.OWNER, address=face, repositories=repositories, ceiling=Tier.PHYSICAL)


def visit(address: str, caller: Caller) -> Visit:
    """One page; an address that leads to none is an error."""
    path, _, query = address.partition("?")
    pairs = tuple(parse_qsl(query, keep_blank_values=True))
    looked = place_at(path, pairs, caller).look()
    return Visit(
        address=address,
        looked=looked,
        html=render_html(looked, may_order=True),
        markdown=markdown_of(looked),
        json=_written(path, pairs, caller, "json"),
    )


def crawl(start: Sequence[str], caller: Caller) -> Iterator[Visit]:
    """The pages that can be reached from some, a few of each kind; what they link to must be there."""
    waiting, seen, visits = list(start), set(start), dict.fromkeys(pages(), 0)
    while waiting:
        address = waiting.pop(0)
        found = find_page(address.partition("?")[0])
        assert found is not None, f"no page at {address}"
        pattern = found[0].address
        if visits[pattern] >= MOST:
            continue
        visits[pattern] += 1
        here = visit(address, caller)
        yield here
        linked = [*here.hrefs, *(link.address for link in here.looked.links)]
        fresh = [each for each in dict.fromkeys(linked) if each not in seen]
        seen.update(fresh)
        waiting += fresh
